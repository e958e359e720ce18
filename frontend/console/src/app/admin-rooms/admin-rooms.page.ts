import { SelectionModel } from '@angular/cdk/collections';
import { ChangeDetectionStrategy, Component, effect, inject, signal, untracked } from '@angular/core';
import { MatButton, MatIconButton } from '@angular/material/button';
import { MatCheckbox } from '@angular/material/checkbox';
import { MatDialog } from '@angular/material/dialog';
import { MatIcon } from '@angular/material/icon';
import { Router, RouterLink } from '@angular/router';
import { firstValueFrom } from 'rxjs';
import { Api } from '../core/api';
import { Notices } from '../core/notices';
import { AdminRoom } from '../core/wire';
import { Confirm } from '../shared/confirm';
import { ListFoot } from '../shared/list-foot';
import { Listing } from '../shared/listing';
import { SearchField } from '../shared/search-field';
import { WhenPipe } from '../shared/when.pipe';

/** All rooms of the server, newest first. */
@Component({
  selector: 'parley-admin-rooms',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [ListFoot, MatButton, MatCheckbox, MatIcon, MatIconButton, RouterLink, SearchField, WhenPipe],
  host: { class: 'page' },
  templateUrl: './admin-rooms.page.html',
})
export class AdminRoomsPage {
  private readonly api = inject(Api);
  private readonly confirm = inject(Confirm);
  private readonly dialog = inject(MatDialog);
  private readonly notices = inject(Notices);
  private readonly router = inject(Router);
  protected readonly search = signal('');
  protected readonly chosen = signal<readonly string[]>([]);
  private readonly choice = new SelectionModel<string>(true);
  protected readonly list = new Listing<AdminRoom>(async (page) => {
    const search = untracked(this.search);
    const found = await this.api.get<{ chatRoomDocuments: AdminRoom[]; count: number }>('admin/chat/rooms', {
      ...page,
      search,
    });
    this.choice.clear();
    return { items: found.chatRoomDocuments, count: found.count };
  });
  protected readonly kinds = {
    group: 'Group',
    customer: 'Customer',
    assistant: 'Assistant',
    session: 'Chatbot session',
  };

  constructor() {
    this.choice.changed.subscribe(() => this.chosen.set([...this.choice.selected]));
    effect(() => {
      this.search();
      untracked(() => void this.list.load(0));
    });
  }

  protected toggle(id: string): void {
    this.choice.toggle(id);
  }

  protected async create(): Promise<void> {
    const { NewRoomDialog } = await import('./new-room.dialog');
    const room = await firstValueFrom(
      this.dialog.open<unknown, void, AdminRoom>(NewRoomDialog, { width: '520px' }).afterClosed(),
    );
    if (room) {
      await this.router.navigate(['/admin/rooms', room._id]);
    }
  }

  protected async delete(rooms: readonly string[], name?: string): Promise<void> {
    const what = name ? `“${name}”` : `${rooms.length} rooms`;
    const sure = await this.confirm.ask({
      title: `Delete ${what}?`,
      text: 'The participants lose the room and its messages.',
      action: 'Delete',
    });
    if (sure && (await this.notices.tried(this.api.delete('admin/chat/rooms', { ids: rooms.join(',') }), 'Deleted.'))) {
      await this.list.load();
    }
  }
}
