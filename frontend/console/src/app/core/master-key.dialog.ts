import { ChangeDetectionStrategy, Component, inject, signal } from '@angular/core';
import { FormsModule } from '@angular/forms';
import { MatButton } from '@angular/material/button';
import { MAT_DIALOG_DATA, MatDialogModule, MatDialogRef } from '@angular/material/dialog';
import { MatFormField, MatLabel } from '@angular/material/form-field';
import { MatInput } from '@angular/material/input';

@Component({
  selector: 'parley-master-key',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [FormsModule, MatButton, MatDialogModule, MatFormField, MatInput, MatLabel],
  template: `
    <h2 mat-dialog-title>Master key</h2>
    <form (ngSubmit)="give()">
      <mat-dialog-content class="form">
        <p>
          This server asks for its master key before it shows or changes what administrators manage. It is kept until
          this page is closed.
        </p>
        @if (data.refused) {
          <p class="problem" role="alert">The server did not accept that key.</p>
        }
        <mat-form-field>
          <mat-label>Master key</mat-label>
          <input matInput type="password" name="key" autocomplete="off" [(ngModel)]="key" required cdkFocusInitial />
        </mat-form-field>
      </mat-dialog-content>
      <mat-dialog-actions align="end">
        <button matButton type="button" mat-dialog-close>Cancel</button>
        <button matButton="filled" type="submit" [disabled]="!key()">Continue</button>
      </mat-dialog-actions>
    </form>
  `,
})
export class MasterKeyDialog {
  protected readonly data = inject<{ refused: boolean }>(MAT_DIALOG_DATA);
  private readonly ref = inject<MatDialogRef<MasterKeyDialog, string>>(MatDialogRef);
  protected readonly key = signal('');

  protected give(): void {
    if (this.key()) {
      this.ref.close(this.key());
    }
  }
}
