import { ChangeDetectionStrategy, Component, inject, signal } from '@angular/core';
import { FormsModule } from '@angular/forms';
import { MatButton } from '@angular/material/button';
import { MAT_DIALOG_DATA, MatDialogModule, MatDialogRef } from '@angular/material/dialog';
import { MatFormField, MatLabel } from '@angular/material/form-field';
import { MatInput } from '@angular/material/input';
import { Api } from '../core/api';
import { said } from '../core/api-error';
import { Conversation } from '../core/wire';

@Component({
  selector: 'parley-contact',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [FormsModule, MatButton, MatDialogModule, MatFormField, MatInput, MatLabel],
  template: `
    <h2 mat-dialog-title>Contact</h2>
    <form (ngSubmit)="store()">
      <mat-dialog-content class="form">
        <mat-form-field>
          <mat-label>Name</mat-label>
          <input matInput name="name" autocomplete="off" maxlength="200" [(ngModel)]="name" cdkFocusInitial />
        </mat-form-field>
        <mat-form-field>
          <mat-label>Email</mat-label>
          <input matInput name="email" autocomplete="off" [(ngModel)]="email" />
        </mat-form-field>
        @if (problem(); as text) {
          <p class="problem" role="alert">{{ text }}</p>
        }
      </mat-dialog-content>
      <mat-dialog-actions align="end">
        <button matButton type="button" mat-dialog-close>Cancel</button>
        <button matButton="filled" type="submit" [disabled]="busy()">Save</button>
      </mat-dialog-actions>
    </form>
  `,
  styles: 'mat-form-field { margin-bottom: 12px; }',
})
export class ContactDialog {
  private readonly api = inject(Api);
  private readonly item = inject<Conversation>(MAT_DIALOG_DATA);
  private readonly ref = inject<MatDialogRef<ContactDialog, Conversation>>(MatDialogRef);
  protected readonly name = signal(this.item.name);
  protected readonly email = signal(this.item.email);
  protected readonly busy = signal(false);
  protected readonly problem = signal('');

  protected async store(): Promise<void> {
    this.busy.set(true);
    try {
      const contact = { name: this.name().trim(), email: this.email().trim() };
      this.ref.close(await this.api.patch<Conversation>(`api/conversation/${this.item.uuid}`, contact));
    } catch (error) {
      this.problem.set(said(error));
    } finally {
      this.busy.set(false);
    }
  }
}
