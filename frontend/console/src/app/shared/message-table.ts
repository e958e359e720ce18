import { ChangeDetectionStrategy, Component, inject, input, output } from '@angular/core';
import { MatIconButton } from '@angular/material/button';
import { MatIcon } from '@angular/material/icon';
import { RouterLink } from '@angular/router';
import { People } from '../core/people';
import { RoomMessage } from '../core/wire';
import { ListFoot } from './list-foot';
import { Listing } from './listing';
import { WhenPipe } from './when.pipe';

/** Messages as administrators read them, newest first. */
@Component({
  selector: 'parley-message-table',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [ListFoot, MatIcon, MatIconButton, RouterLink, WhenPipe],
  template: `
    <div class="table-card">
      <div class="table-scroll">
        <table class="rows">
          <caption class="only-read">
            Messages
          </caption>
          <thead>
            <tr>
              <th scope="col">When</th>
              <th scope="col">{{ who() ? 'Sender' : 'Room' }}</th>
              <th scope="col">Message</th>
              @if (deletable()) {
                <th scope="col"><span class="only-read">Actions</span></th>
              }
            </tr>
          </thead>
          <tbody>
            @for (message of list().items(); track message._id) {
              <tr>
                <td class="when">{{ message.createdAt | when }}</td>
                <td>
                  @if (!who()) {
                    <a [routerLink]="['/admin/rooms', message.room]">Open the room</a>
                  } @else if (message.senderUser.startsWith('bot:')) {
                    <span class="chip bot">{{ message.senderUser }}</span>
                  } @else {
                    <a [routerLink]="['/admin/users', message.senderUser]">{{ people.name(message.senderUser) }}</a>
                  }
                </td>
                <td class="text">
                  <span class="said">{{ message.message }}</span>
                  @if (message.messageType === 'system') {
                    <span class="chip">System</span>
                  }
                  @if (message.files.length) {
                    <span class="chip">{{ message.files.length }} attached</span>
                  }
                  @if (message.status !== 'complete') {
                    <span class="chip warn">{{ message.status }}</span>
                  }
                  @if (message.editedAt) {
                    <span class="chip">Edited</span>
                  }
                </td>
                @if (deletable()) {
                  <td class="end">
                    <button matIconButton type="button" aria-label="Delete the message" (click)="delete.emit(message)">
                      <mat-icon svgIcon="trash" />
                    </button>
                  </td>
                }
              </tr>
            }
          </tbody>
        </table>
      </div>
      <parley-list-foot [list]="list()" what="messages" empty="No messages." />
    </div>
  `,
  styles: `
    .when {
      color: var(--mat-sys-on-surface-variant);
    }
  `,
})
export class MessageTable {
  protected readonly people = inject(People);
  readonly list = input.required<Listing<RoomMessage>>();
  /** Whether the sender is shown; else the room. */
  readonly who = input(false);
  readonly deletable = input(false);
  readonly delete = output<RoomMessage>();
}
