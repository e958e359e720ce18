import { ChangeDetectionStrategy, Component, inject, signal } from '@angular/core';
import { FormsModule } from '@angular/forms';
import { MatButton } from '@angular/material/button';
import { MatDialogModule, MatDialogRef } from '@angular/material/dialog';
import { MatFormField, MatLabel } from '@angular/material/form-field';
import { MatInput } from '@angular/material/input';
import { Api } from '../core/api';
import { said } from '../core/api-error';
import { AdminRoom } from '../core/wire';
import { UserPicker } from '../shared/user-picker';

@Component({
  selector: 'parley-new-room',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [FormsModule, MatButton, MatDialogModule, MatFormField, MatInput, MatLabel, UserPicker],
  template: `
    <h2 mat-dialog-title>New room</h2>
    <form (ngSubmit)="create()">
      <mat-dialog-content class="form">
        <mat-form-field>
          <mat-label>Name</mat-label>
          <input matInput name="name" autocomplete="off" required [(ngModel)]="name" cdkFocusInitial />
        </mat-form-field>
        <parley-user-picker label="Participants" [(users)]="users" />
        <p class="muted">The first participant becomes its creator. Nobody is invited first.</p>
        @if (problem(); as text) {
          <p class="problem" role="alert">{{ text }}</p>
        }
      </mat-dialog-content>
      <mat-dialog-actions align="end">
        <button matButton type="button" mat-dialog-close>Cancel</button>
        <button matButton="filled" type="submit" [disabled]="busy() || !name().trim() || !users().length">
          Create
        </button>
      </mat-dialog-actions>
    </form>
  `,
  styles: 'mat-form-field, parley-user-picker { margin-bottom: 12px; }',
})
export class NewRoomDialog {
  private readonly api = inject(Api);
  private readonly ref = inject<MatDialogRef<NewRoomDialog, AdminRoom>>(MatDialogRef);
  protected readonly name = signal('');
  protected readonly users = signal<readonly string[]>([]);
  protected readonly busy = signal(false);
  protected readonly problem = signal('');

  protected async create(): Promise<void> {
    this.busy.set(true);
    try {
      this.ref.close(
        await this.api.post<AdminRoom>('admin/chat/rooms', { name: this.name().trim(), participants: this.users() }),
      );
    } catch (error) {
      this.problem.set(said(error));
    } finally {
      this.busy.set(false);
    }
  }
}
