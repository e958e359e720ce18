import { Injectable, computed, inject, signal } from '@angular/core';
import { Auth, type Credentials, type Person, Refusal, type Session } from './auth';

const KEY = 'kiln-and-fern.session';

/**
 * Who visits the shop: somebody signed in, or a guest, made when the chat is first opened. Kept in `localStorage`, so
 * that whoever comes back finds their conversation.
 */
@Injectable({ providedIn: 'root' })
export class Account {
  private readonly auth = inject(Auth);
  private readonly session = signal<Session | undefined>(stored());
  /** The token that was handed out last, and the guest that is being made. */
  private handedOut = '';
  private making: Promise<Session> | undefined;

  /** Somebody signed in; a guest is nobody here. */
  readonly person = computed<Person | undefined>(() => {
    const user = this.session()?.user;
    return user && user.role !== 'guest' ? user : undefined;
  });
  /** Whether there may be a conversation to come back to. */
  readonly known = computed(() => this.session() !== undefined);

  /** The token for the chat. Asked for again it may have been refused: then it is tried, and replaced if it has ended. */
  async token(): Promise<string> {
    const session = this.session();
    if (session && session.token === this.handedOut && (await this.hasEnded(session))) this.keep(undefined);
    const { token } = this.session() ?? (await this.becomeGuest());
    this.handedOut = token;
    return token;
  }

  async signIn(credentials: Credentials): Promise<void> {
    this.keep(await this.auth.login(credentials));
  }

  async register(credentials: Credentials): Promise<void> {
    this.keep(await this.auth.register(credentials));
  }

  /** Forgets who one is here at once; the server ends the token as soon as it hears of it. */
  async signOut(): Promise<void> {
    const token = this.session()?.token;
    this.keep(undefined);
    if (token) await this.auth.logout(token).catch(() => undefined);
  }

  private async hasEnded({ token }: Session): Promise<boolean> {
    try {
      await this.auth.me(token);
      return false;
    } catch (error) {
      return error instanceof Refusal && error.status === 401;
    }
  }

  private async becomeGuest(): Promise<Session> {
    this.making ??= this.auth.guest().finally(() => (this.making = undefined));
    const guest = await this.making;
    // Somebody may have signed in meanwhile.
    const session = this.session();
    if (session) return session;
    this.keep(guest);
    return guest;
  }

  private keep(session: Session | undefined): void {
    this.session.set(session);
    try {
      if (session) localStorage.setItem(KEY, JSON.stringify(session));
      else localStorage.removeItem(KEY);
    } catch {
      // Without storage one is known until the page is left.
    }
  }
}

function stored(): Session | undefined {
  try {
    const session = JSON.parse(localStorage.getItem(KEY) ?? 'null') as Session | null;
    return session?.token && session.user ? session : undefined;
  } catch {
    return undefined;
  }
}
