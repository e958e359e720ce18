import { CdkTextareaAutosize } from '@angular/cdk/text-field';
import { ChangeDetectionStrategy, Component, inject, signal } from '@angular/core';
import { FormsModule } from '@angular/forms';
import { MatButton } from '@angular/material/button';
import { MatDialogModule, MatDialogRef } from '@angular/material/dialog';
import { MatFormField, MatLabel } from '@angular/material/form-field';
import { MatInput } from '@angular/material/input';
import { Api } from '../core/api';
import { said } from '../core/api-error';
import { Conversation } from '../core/wire';

/** Begins a conversation with a customer who has not written. */
@Component({
  selector: 'parley-new-conversation',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [CdkTextareaAutosize, FormsModule, MatButton, MatDialogModule, MatFormField, MatInput, MatLabel],
  template: `
    <h2 mat-dialog-title>Write to a customer</h2>
    <form (ngSubmit)="begin()">
      <mat-dialog-content class="form">
        <mat-form-field>
          <mat-label>Name</mat-label>
          <input matInput name="name" autocomplete="off" [(ngModel)]="name" cdkFocusInitial />
        </mat-form-field>
        <mat-form-field>
          <mat-label>Email</mat-label>
          <input matInput name="email" type="email" autocomplete="off" [(ngModel)]="email" />
        </mat-form-field>
        <mat-form-field>
          <mat-label>Message</mat-label>
          <textarea
            matInput
            name="content"
            cdkTextareaAutosize
            cdkAutosizeMinRows="3"
            required
            [(ngModel)]="content"
          ></textarea>
        </mat-form-field>
        @if (problem(); as text) {
          <p class="problem" role="alert">{{ text }}</p>
        }
      </mat-dialog-content>
      <mat-dialog-actions align="end">
        <button matButton type="button" mat-dialog-close>Cancel</button>
        <button matButton="filled" type="submit" [disabled]="busy() || !content().trim()">Send</button>
      </mat-dialog-actions>
    </form>
  `,
  styles: 'mat-form-field { margin-bottom: 12px; }',
})
export class NewConversationDialog {
  private readonly api = inject(Api);
  private readonly ref = inject<MatDialogRef<NewConversationDialog, Conversation>>(MatDialogRef);
  protected readonly name = signal('');
  protected readonly email = signal('');
  protected readonly content = signal('');
  protected readonly busy = signal(false);
  protected readonly problem = signal('');

  protected async begin(): Promise<void> {
    this.busy.set(true);
    try {
      const body = { name: this.name().trim(), email: this.email().trim(), content: this.content().trim() };
      this.ref.close(await this.api.post<Conversation>('api/conversation', body));
    } catch (error) {
      this.problem.set(said(error));
    } finally {
      this.busy.set(false);
    }
  }
}
