import { Injectable, computed, signal } from '@angular/core';
import { Account } from './wire';

interface Kept {
  token: string;
  user: Account;
}

const place = 'parley-console';

/** Who is signed in. The token is kept for the tab, or for the browser where one stays signed in. */
@Injectable({ providedIn: 'root' })
export class Session {
  private readonly kept = signal<Kept | undefined>(undefined);
  /** Why one was signed out, for the page that asks to sign in again. */
  readonly ending = signal('');
  readonly token = computed(() => this.kept()?.token ?? '');
  readonly user = computed(() => this.kept()?.user);
  readonly id = computed(() => this.kept()?.user._id ?? '');
  readonly isAdmin = computed(() => this.user()?.role === 'admin');
  readonly isAgent = computed(() => this.isAdmin() || this.user()?.role === 'agent');

  constructor() {
    this.kept.set(read(sessionStorage) ?? read(localStorage));
    // Signing out in one tab holds for all that share the sign-in.
    addEventListener('storage', (event) => {
      if (event.key === place && event.newValue === null && !sessionStorage.getItem(place)) {
        this.kept.set(undefined);
      }
    });
  }

  begin(token: string, user: Account, stay: boolean): void {
    this.forget();
    (stay ? localStorage : sessionStorage).setItem(place, JSON.stringify({ token, user }));
    this.ending.set('');
    this.kept.set({ token, user });
  }

  /** What the server says of the user now: the role may have changed since. */
  refresh(user: Account): void {
    const kept = this.kept();
    if (kept) {
      this.begin(kept.token, user, !sessionStorage.getItem(place));
    }
  }

  end(why = ''): void {
    this.forget();
    this.ending.set(why);
    this.kept.set(undefined);
  }

  private forget(): void {
    sessionStorage.removeItem(place);
    localStorage.removeItem(place);
  }
}

function read(store: Storage): Kept | undefined {
  try {
    const kept = JSON.parse(store.getItem(place) ?? 'null') as Kept | null;
    return kept?.token && kept.user?._id ? kept : undefined;
  } catch {
    return undefined; // somebody else's, or half of it
  }
}
