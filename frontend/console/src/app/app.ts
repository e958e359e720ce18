import { ChangeDetectionStrategy, Component, effect, inject, untracked } from '@angular/core';
import { MatDialog } from '@angular/material/dialog';
import { Router, RouterOutlet } from '@angular/router';
import { registerIcons } from './core/icons';
import { MasterKey } from './core/master-key';
import { Session } from './core/session';
import { Theme } from './core/theme';

/** The whole console. Wherever a session ends, one comes back here to sign in. */
@Component({
  selector: 'parley-console',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [RouterOutlet],
  template: '<router-outlet />',
})
export class App {
  private readonly session = inject(Session);
  private readonly router = inject(Router);
  private readonly dialog = inject(MatDialog);
  private readonly masterKey = inject(MasterKey);

  constructor() {
    registerIcons();
    inject(Theme);
    let signedIn = this.session.token() !== '';
    effect(() => {
      const now = this.session.token() !== '';
      if (signedIn && !now) {
        untracked(() => this.leave());
      }
      signedIn = now;
    });
  }

  private leave(): void {
    this.dialog.closeAll();
    this.masterKey.forget();
    const to = this.session.ending() ? this.router.url : undefined;
    void this.router.navigate(['/sign-in'], { queryParams: { to } });
  }
}
