import { ChangeDetectionStrategy, Component, ElementRef, inject, signal, viewChild } from '@angular/core';
import { Account } from './account';
import { Refusal } from './auth';

/** Signs in, or makes an account: the same two fields. */
@Component({
  selector: 'shop-sign-in-dialog',
  templateUrl: './sign-in-dialog.html',
  styleUrl: './sign-in-dialog.css',
  changeDetection: ChangeDetectionStrategy.OnPush,
})
export class SignInDialog {
  protected readonly registering = signal(false);
  protected readonly busy = signal(false);
  protected readonly problem = signal('');
  private readonly account = inject(Account);
  private readonly dialog = viewChild.required<ElementRef<HTMLDialogElement>>('dialog');
  private readonly form = viewChild.required<ElementRef<HTMLFormElement>>('form');

  open(): void {
    this.problem.set('');
    this.registering.set(false);
    this.dialog().nativeElement.showModal();
  }

  protected close(): void {
    this.form().nativeElement.reset();
    this.dialog().nativeElement.close();
  }

  protected change(): void {
    this.problem.set('');
    this.registering.update((registering) => !registering);
  }

  protected async submit(username: string, password: string): Promise<void> {
    if (this.busy()) return;
    this.busy.set(true);
    this.problem.set('');
    try {
      const credentials = { username: username.trim(), password };
      await (this.registering() ? this.account.register(credentials) : this.account.signIn(credentials));
      this.close();
    } catch (error) {
      this.problem.set(this.explain(error));
    } finally {
      this.busy.set(false);
    }
  }

  private explain(error: unknown): string {
    if (!(error instanceof Refusal)) return 'That did not work. Please try again.';
    if (error.status === 401) return 'This name and password do not fit.';
    if (error.status === 409) return 'This name is taken. Please choose another.';
    return error.message;
  }
}
