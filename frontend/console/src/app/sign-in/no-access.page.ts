import { ChangeDetectionStrategy, Component, computed, inject, input } from '@angular/core';
import { MatButton } from '@angular/material/button';
import { Router, RouterLink } from '@angular/router';
import { Api } from '../core/api';
import { Session } from '../core/session';
import { Logo } from '../shared/logo';

/** For who is signed in, and lacks the role. */
@Component({
  selector: 'parley-no-access',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Logo, MatButton, RouterLink],
  template: `
    <main>
      <parley-logo />
      <h1>This is not for you yet</h1>
      <p>
        You are signed in as <strong>{{ name() }}</strong> with the role <strong>{{ session.user()?.role }}</strong
        >.
        {{ for() === 'admin' ? 'This page is for administrators.' : 'The console is for agents and administrators.' }}
      </p>
      <p class="muted">An administrator of this server can give you the role; then sign in again.</p>
      <div class="actions">
        @if (session.isAgent()) {
          <a matButton="filled" routerLink="/inbox">To the inbox</a>
        }
        <button matButton="outlined" type="button" (click)="signOut()">Sign in as somebody else</button>
      </div>
    </main>
  `,
  styleUrl: './sign-in.page.scss',
  styles: `
    main {
      display: grid;
      gap: 12px;
    }
    .actions {
      display: flex;
      flex-wrap: wrap;
      gap: 8px;
      margin-top: 8px;
    }
  `,
})
export class NoAccessPage {
  protected readonly session = inject(Session);
  private readonly api = inject(Api);
  private readonly router = inject(Router);
  readonly for = input<string>();
  protected readonly name = computed(() => this.session.user()?.name || this.session.id());

  constructor() {
    void this.look();
  }

  /** The role may have been given since. */
  private async look(): Promise<void> {
    if (!this.session.token()) {
      await this.router.navigateByUrl('/sign-in');
      return;
    }
    try {
      this.session.refresh(await this.api.get('auth/me'));
    } catch {
      // It stays as it was.
    }
  }

  protected signOut(): void {
    this.session.end();
  }
}
