import { CdkTextareaAutosize } from '@angular/cdk/text-field';
import { ChangeDetectionStrategy, Component, Injectable, inject, signal } from '@angular/core';
import { FormsModule } from '@angular/forms';
import { MatButton } from '@angular/material/button';
import { MAT_DIALOG_DATA, MatDialog, MatDialogModule, MatDialogRef } from '@angular/material/dialog';
import { MatFormField, MatLabel } from '@angular/material/form-field';
import { MatInput } from '@angular/material/input';
import { firstValueFrom } from 'rxjs';

export interface TextQuestion {
  title: string;
  label: string;
  action: string;
  value?: string;
  long?: boolean;
}

@Component({
  selector: 'parley-text-dialog',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [CdkTextareaAutosize, FormsModule, MatButton, MatDialogModule, MatFormField, MatInput, MatLabel],
  template: `
    <h2 mat-dialog-title>{{ question.title }}</h2>
    <form (ngSubmit)="give()">
      <mat-dialog-content class="form">
        <mat-form-field>
          <mat-label>{{ question.label }}</mat-label>
          @if (question.long) {
            <textarea
              matInput
              name="text"
              cdkTextareaAutosize
              cdkAutosizeMinRows="3"
              [(ngModel)]="text"
              cdkFocusInitial
            ></textarea>
          } @else {
            <input matInput name="text" autocomplete="off" [(ngModel)]="text" cdkFocusInitial />
          }
        </mat-form-field>
      </mat-dialog-content>
      <mat-dialog-actions align="end">
        <button matButton type="button" mat-dialog-close>Cancel</button>
        <button matButton="filled" type="submit" [disabled]="!text().trim()">{{ question.action }}</button>
      </mat-dialog-actions>
    </form>
  `,
})
export class TextDialog {
  protected readonly question = inject<TextQuestion>(MAT_DIALOG_DATA);
  private readonly ref = inject<MatDialogRef<TextDialog, string>>(MatDialogRef);
  protected readonly text = signal(this.question.value ?? '');

  protected give(): void {
    if (this.text().trim()) {
      this.ref.close(this.text().trim());
    }
  }
}

/** Asks for one text; undefined if none is given. */
@Injectable({ providedIn: 'root' })
export class AskText {
  private readonly dialog = inject(MatDialog);

  ask(question: TextQuestion): Promise<string | undefined> {
    return firstValueFrom(
      this.dialog.open<TextDialog, TextQuestion, string>(TextDialog, { data: question, width: '460px' }).afterClosed(),
    );
  }
}
