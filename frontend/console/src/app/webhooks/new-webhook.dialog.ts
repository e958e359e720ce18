import { Clipboard } from '@angular/cdk/clipboard';
import { ChangeDetectionStrategy, Component, inject, signal } from '@angular/core';
import { FormsModule } from '@angular/forms';
import { MatButton } from '@angular/material/button';
import { MatCheckbox } from '@angular/material/checkbox';
import { MatDialogModule } from '@angular/material/dialog';
import { MatFormField, MatLabel } from '@angular/material/form-field';
import { MatIcon } from '@angular/material/icon';
import { MatInput } from '@angular/material/input';
import { Api } from '../core/api';
import { said } from '../core/api-error';
import { Notices } from '../core/notices';
import { Webhook } from '../core/wire';

const events = [
  'conversation.created',
  'conversation.escalated',
  'conversation.assigned',
  'conversation.resolved',
  'message.created',
];

/** Makes a webhook, and shows its secret: this once. */
@Component({
  selector: 'parley-new-webhook',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [FormsModule, MatButton, MatCheckbox, MatDialogModule, MatFormField, MatIcon, MatInput, MatLabel],
  template: `
    @if (made(); as hook) {
      <h2 mat-dialog-title>The webhook’s secret</h2>
      <mat-dialog-content>
        <p>Deliveries are signed with it. Copy it now: it is never shown again.</p>
        <p class="secret">
          <code>{{ hook.secret }}</code>
        </p>
      </mat-dialog-content>
      <mat-dialog-actions align="end">
        <button matButton type="button" (click)="copy(hook.secret!)"><mat-icon svgIcon="copy" />Copy</button>
        <button matButton="filled" type="button" [mat-dialog-close]="true">Done</button>
      </mat-dialog-actions>
    } @else {
      <h2 mat-dialog-title>New webhook</h2>
      <form (ngSubmit)="create()">
        <mat-dialog-content class="form">
          <mat-form-field>
            <mat-label>Address</mat-label>
            <input
              matInput
              name="url"
              type="url"
              autocomplete="off"
              placeholder="https://"
              required
              [(ngModel)]="url"
              cdkFocusInitial
            />
          </mat-form-field>
          <fieldset>
            <legend>Events</legend>
            @for (event of events; track event) {
              <mat-checkbox [name]="event" [checked]="chosen().has(event)" (change)="toggle(event)">{{
                event
              }}</mat-checkbox>
            }
          </fieldset>
          @if (problem(); as text) {
            <p class="problem" role="alert">{{ text }}</p>
          }
        </mat-dialog-content>
        <mat-dialog-actions align="end">
          <button matButton type="button" mat-dialog-close>Cancel</button>
          <button matButton="filled" type="submit" [disabled]="busy() || !url().trim() || !chosen().size">
            Create
          </button>
        </mat-dialog-actions>
      </form>
    }
  `,
  styles: `
    fieldset {
      display: grid;
      margin: 12px 0 0;
      border: 1px solid var(--mat-sys-outline-variant);
      border-radius: 8px;
    }
    .secret {
      margin-top: 12px;
      padding: 12px;
      border-radius: 8px;
      background: var(--mat-sys-surface-container-highest);
    }
  `,
})
export class NewWebhookDialog {
  private readonly api = inject(Api);
  private readonly clipboard = inject(Clipboard);
  private readonly notices = inject(Notices);
  protected readonly events = events;
  protected readonly url = signal('');
  protected readonly chosen = signal<ReadonlySet<string>>(new Set(events));
  protected readonly busy = signal(false);
  protected readonly problem = signal('');
  protected readonly made = signal<Webhook | undefined>(undefined);

  protected toggle(event: string): void {
    this.chosen.update((chosen) => {
      const next = new Set(chosen);
      if (!next.delete(event)) {
        next.add(event);
      }
      return next;
    });
  }

  protected copy(secret: string): void {
    this.notices.say(this.clipboard.copy(secret) ? 'Copied.' : 'It could not be copied: choose the text and copy it.');
  }

  protected async create(): Promise<void> {
    this.busy.set(true);
    try {
      this.made.set(
        await this.api.post<Webhook>('admin/chat/webhooks', { url: this.url().trim(), events: [...this.chosen()] }),
      );
    } catch (error) {
      this.problem.set(said(error));
    } finally {
      this.busy.set(false);
    }
  }
}
