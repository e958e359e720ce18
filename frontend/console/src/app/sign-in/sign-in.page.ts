import { ChangeDetectionStrategy, Component, inject, input, signal } from '@angular/core';
import { FormsModule } from '@angular/forms';
import { MatButton } from '@angular/material/button';
import { MatCheckbox } from '@angular/material/checkbox';
import { MatFormField, MatHint, MatLabel } from '@angular/material/form-field';
import { MatInput } from '@angular/material/input';
import { MatTabsModule } from '@angular/material/tabs';
import { Router } from '@angular/router';
import { Api } from '../core/api';
import { isStatus, said } from '../core/api-error';
import { Session } from '../core/session';
import { Account } from '../core/wire';
import { Logo } from '../shared/logo';
import { inside } from './inside';

/** Sign in with an account of this server's, or with a token from outside. */
@Component({
  selector: 'parley-sign-in',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [FormsModule, Logo, MatButton, MatCheckbox, MatFormField, MatHint, MatInput, MatLabel, MatTabsModule],
  templateUrl: './sign-in.page.html',
  styleUrl: './sign-in.page.scss',
})
export class SignInPage {
  private readonly api = inject(Api);
  private readonly session = inject(Session);
  private readonly router = inject(Router);
  /** Where one wanted to go. */
  readonly to = input<string>();
  protected readonly username = signal('');
  protected readonly password = signal('');
  protected readonly token = signal('');
  protected readonly stay = signal(false);
  protected readonly busy = signal(false);
  protected readonly problem = signal('');
  protected readonly ending = this.session.ending;

  protected signInWithPassword(): Promise<void> {
    const body = { username: this.username().trim(), password: this.password() };
    return this.begin(() => this.api.callAs<{ token: string; user: Account }>('', 'POST', 'auth/login', body));
  }

  protected signInWithToken(): Promise<void> {
    const token = this.token()
      .trim()
      .replace(/^bearer\s+/i, '');
    return this.begin(async () => ({ token, user: await this.api.callAs<Account>(token, 'GET', 'auth/me') }));
  }

  private async begin(answer: () => Promise<{ token: string; user: Account }>): Promise<void> {
    if (this.busy()) {
      return;
    }
    this.busy.set(true);
    this.problem.set('');
    try {
      const { token, user } = await answer();
      this.session.begin(token, user, this.stay());
      await this.router.navigateByUrl(inside(this.to()));
    } catch (error) {
      this.problem.set(isStatus(error, 401) && this.password() ? 'The name or the password is wrong.' : said(error));
    } finally {
      this.busy.set(false);
    }
  }
}
