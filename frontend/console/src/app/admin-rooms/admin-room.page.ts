import { ChangeDetectionStrategy, Component, effect, inject, input, signal, untracked } from '@angular/core';
import { MatButton, MatIconButton } from '@angular/material/button';
import { MatIcon } from '@angular/material/icon';
import { MatProgressBar } from '@angular/material/progress-bar';
import { Router, RouterLink } from '@angular/router';
import { Api } from '../core/api';
import { said } from '../core/api-error';
import { Notices } from '../core/notices';
import { People } from '../core/people';
import { AdminRoom, RoomMessage } from '../core/wire';
import { Confirm } from '../shared/confirm';
import { Listing } from '../shared/listing';
import { MessageTable } from '../shared/message-table';
import { SearchField } from '../shared/search-field';
import { AskText } from '../shared/text.dialog';
import { UserPicker } from '../shared/user-picker';
import { WhenPipe } from '../shared/when.pipe';

/** One room as administrators see it: who takes part, and what was said. */
@Component({
  selector: 'parley-admin-room',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [
    MatButton,
    MatIcon,
    MatIconButton,
    MatProgressBar,
    MessageTable,
    RouterLink,
    SearchField,
    UserPicker,
    WhenPipe,
  ],
  host: { class: 'page' },
  templateUrl: './admin-room.page.html',
  styleUrl: './admin-room.page.scss',
})
export class AdminRoomPage {
  private readonly api = inject(Api);
  private readonly confirm = inject(Confirm);
  private readonly askText = inject(AskText);
  private readonly notices = inject(Notices);
  private readonly router = inject(Router);
  protected readonly people = inject(People);
  readonly id = input.required<string>();
  protected readonly room = signal<AdminRoom | undefined>(undefined);
  protected readonly problem = signal('');
  protected readonly search = signal('');
  protected readonly adding = signal<readonly string[]>([]);
  protected readonly messages = new Listing<RoomMessage>(async (page) => {
    const query = { roomId: untracked(this.id), search: untracked(this.search), ...page };
    const found = await this.api.get<{ messages: RoomMessage[]; count: number }>('admin/chat/messages', query);
    return { items: found.messages, count: found.count };
  });

  constructor() {
    effect(() => {
      this.id();
      untracked(() => void this.load());
    });
    effect(() => {
      this.id();
      this.search();
      untracked(() => void this.messages.load(0));
    });
  }

  protected async load(): Promise<void> {
    try {
      this.room.set(await this.api.get<AdminRoom>(this.path()));
      this.problem.set('');
    } catch (error) {
      this.problem.set(said(error));
    }
  }

  protected async rename(room: AdminRoom): Promise<void> {
    const roomName = await this.askText.ask({
      title: 'Rename the room',
      label: 'Name',
      action: 'Rename',
      value: room.name,
    });
    if (
      roomName &&
      (await this.notices.tried(this.api.patch(`chat/rooms/${encodeURIComponent(room._id)}`, { roomName }), 'Renamed.'))
    ) {
      await this.load();
    }
  }

  protected async post(): Promise<void> {
    const message = await this.askText.ask({
      title: 'Post a system message',
      label: 'Message',
      action: 'Post',
      long: true,
    });
    if (message && (await this.notices.tried(this.api.post(this.path('/messages'), { message }), 'Posted.'))) {
      await this.messages.load(0);
    }
  }

  protected async delete(room: AdminRoom): Promise<void> {
    const sure = await this.confirm.ask({
      title: `Delete “${room.name}”?`,
      text: 'The participants lose the room and its messages.',
      action: 'Delete',
    });
    if (sure && (await this.notices.tried(this.api.delete('admin/chat/rooms', { ids: room._id }), 'Deleted.'))) {
      await this.router.navigate(['/admin/rooms']);
    }
  }

  protected async add(): Promise<void> {
    if (await this.notices.tried(this.api.put(this.path('/add'), { users: this.adding() }), 'Added.')) {
      this.adding.set([]);
      await this.load();
    }
  }

  protected async remove(user: string): Promise<void> {
    const sure = await this.confirm.ask({
      title: `Remove ${this.people.name(user)}?`,
      text: 'They lose the room, and cannot join it again by themselves.',
      action: 'Remove',
    });
    if (sure && (await this.notices.tried(this.api.put(this.path('/remove'), { users: [user] }), 'Removed.'))) {
      await this.load();
    }
  }

  protected async deleteMessage(message: RoomMessage): Promise<void> {
    const sure = await this.confirm.ask({
      title: 'Delete this message?',
      text: 'Nobody can read it any more.',
      action: 'Delete',
    });
    if (sure && (await this.notices.tried(this.api.delete('admin/chat/messages', { ids: message._id }), 'Deleted.'))) {
      await this.messages.load();
    }
  }

  private path(below = ''): string {
    return `admin/chat/rooms/${encodeURIComponent(this.id())}${below}`;
  }
}
