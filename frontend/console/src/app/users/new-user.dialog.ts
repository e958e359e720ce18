import { ChangeDetectionStrategy, Component, inject, signal } from '@angular/core';
import { FormsModule } from '@angular/forms';
import { MatButton } from '@angular/material/button';
import { MatDialogModule, MatDialogRef } from '@angular/material/dialog';
import { MatFormField, MatLabel } from '@angular/material/form-field';
import { MatInput } from '@angular/material/input';
import { MatSelectModule } from '@angular/material/select';
import { Api } from '../core/api';
import { said } from '../core/api-error';
import { AdminUser, Role } from '../core/wire';

/** Makes an account of this server's. */
@Component({
  selector: 'parley-new-user',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [FormsModule, MatButton, MatDialogModule, MatFormField, MatInput, MatLabel, MatSelectModule],
  template: `
    <h2 mat-dialog-title>New account</h2>
    <form (ngSubmit)="create()">
      <mat-dialog-content class="form">
        <mat-form-field>
          <mat-label>Username</mat-label>
          <input
            matInput
            name="account"
            autocomplete="off"
            autocapitalize="none"
            required
            [(ngModel)]="username"
            cdkFocusInitial
          />
        </mat-form-field>
        <mat-form-field>
          <mat-label>Password</mat-label>
          <input
            matInput
            type="password"
            name="new-password"
            autocomplete="new-password"
            required
            [(ngModel)]="password"
          />
        </mat-form-field>
        <mat-form-field>
          <mat-label>Name</mat-label>
          <input matInput name="name" autocomplete="off" [(ngModel)]="name" />
        </mat-form-field>
        <mat-form-field>
          <mat-label>Email</mat-label>
          <input matInput name="email" type="email" autocomplete="off" [(ngModel)]="email" />
        </mat-form-field>
        <mat-form-field>
          <mat-label>Role</mat-label>
          <mat-select name="role" [(ngModel)]="role">
            @for (role of roles; track role) {
              <mat-option [value]="role">{{ role }}</mat-option>
            }
          </mat-select>
        </mat-form-field>
        @if (problem(); as text) {
          <p class="problem" role="alert">{{ text }}</p>
        }
      </mat-dialog-content>
      <mat-dialog-actions align="end">
        <button matButton type="button" mat-dialog-close>Cancel</button>
        <button matButton="filled" type="submit" [disabled]="busy() || !username().trim() || !password()">
          Create
        </button>
      </mat-dialog-actions>
    </form>
  `,
  styles: 'mat-form-field { margin-bottom: 12px; }',
})
export class NewUserDialog {
  private readonly api = inject(Api);
  private readonly ref = inject<MatDialogRef<NewUserDialog, AdminUser>>(MatDialogRef);
  protected readonly roles: readonly Role[] = ['user', 'agent', 'admin'];
  protected readonly username = signal('');
  protected readonly password = signal('');
  protected readonly name = signal('');
  protected readonly email = signal('');
  protected readonly role = signal<Role>('agent');
  protected readonly busy = signal(false);
  protected readonly problem = signal('');

  protected async create(): Promise<void> {
    this.busy.set(true);
    try {
      const username = this.username().trim();
      const body = {
        username,
        password: this.password(),
        name: this.name().trim() || username,
        email: this.email().trim(),
        role: this.role(),
      };
      this.ref.close(await this.api.post<AdminUser>('admin/chat/users', body));
    } catch (error) {
      this.problem.set(said(error));
    } finally {
      this.busy.set(false);
    }
  }
}
