import { ChangeDetectionStrategy, Component, computed, effect, inject, signal, untracked } from '@angular/core';
import { MatIcon } from '@angular/material/icon';
import { RouterLink, RouterLinkActive, RouterOutlet } from '@angular/router';
import { RoomInfo } from '@parley/chat-core';
import { Live } from '../core/live';
import { Avatar } from '../shared/avatar';
import { WhenPipe } from '../shared/when.pipe';

/** The rooms that one takes part in; customers' are in the inbox. */
@Component({
  selector: 'parley-rooms',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Avatar, MatIcon, RouterLink, RouterLinkActive, RouterOutlet, WhenPipe],
  host: { '[class.reading]': 'reading()' },
  template: `
    <section class="list" aria-label="Rooms">
      <header>
        <div class="head"><h1>My rooms</h1></div>
      </header>
      <div class="scroll" tabindex="-1">
        <ul>
          @for (room of rooms(); track room.id) {
            <li>
              <a
                [routerLink]="['/rooms', room.id]"
                routerLinkActive="active"
                [ariaCurrentWhenActive]="true"
                [class.unread]="room.unread > 0"
              >
                <parley-avatar [name]="name(room)" [id]="room.id" [icon]="room.kind === 'group' ? '' : 'bot'" />
                <span class="what">
                  <span class="line">
                    <span class="name">{{ name(room) }}</span>
                    @if (room.lastMessage; as last) {
                      <span class="at">{{ last.createdAt | when: 'short' }}</span>
                    }
                  </span>
                  <span class="line">
                    <span class="preview">{{
                      room.lastMessage?.text || (room.lastMessage ? 'Attachment' : 'No messages')
                    }}</span>
                    @if (room.unread) {
                      <span class="badge"
                        ><span class="only-read">unread: </span>{{ room.unread > 99 ? '99+' : room.unread }}</span
                      >
                    }
                  </span>
                </span>
              </a>
            </li>
          }
        </ul>
        @if (!rooms().length) {
          <p class="state muted">You take part in no room yet.</p>
        }
      </div>
    </section>
    <section class="open" aria-label="Room">
      <router-outlet (activate)="reading.set(true)" (deactivate)="reading.set(false)" />
      @if (!reading()) {
        <div class="none">
          <mat-icon svgIcon="chat" />
          <p>Choose a room</p>
        </div>
      }
    </section>
  `,
  styleUrl: '../inbox/inbox.page.scss',
})
export class RoomsPage {
  private readonly live = inject(Live);
  protected readonly reading = signal(false);
  protected readonly rooms = computed(() => this.live.rooms().filter((room) => room.kind !== 'customer'));

  constructor() {
    effect(() => {
      const client = this.live.client();
      // What fails here is said by the banner, and read again on reconnecting.
      untracked(
        () =>
          void client?.loadRooms().then(
            (rooms) => this.live.rooms.set([...rooms]),
            () => undefined,
          ),
      );
    });
  }

  protected name(room: RoomInfo): string {
    return room.name || (room.kind === 'assistant' ? 'Assistant' : 'Chatbot session');
  }
}
