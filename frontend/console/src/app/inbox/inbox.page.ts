import { ChangeDetectionStrategy, Component, inject, signal } from '@angular/core';
import { MatButton, MatIconButton } from '@angular/material/button';
import { MatDialog } from '@angular/material/dialog';
import { MatIcon } from '@angular/material/icon';
import { MatProgressBar } from '@angular/material/progress-bar';
import { MatTooltip } from '@angular/material/tooltip';
import { Router, RouterLink, RouterLinkActive, RouterOutlet } from '@angular/router';
import { firstValueFrom } from 'rxjs';
import { People } from '../core/people';
import { Session } from '../core/session';
import { Conversation } from '../core/wire';
import { Avatar } from '../shared/avatar';
import { Clock } from '../shared/clock';
import { SearchField } from '../shared/search-field';
import { WhenPipe } from '../shared/when.pipe';
import { duration } from '../shared/words';
import { sort, title, who } from './customer';
import { Inbox } from './inbox';
import { View } from './view';

/** The list of conversations, and beside it the one that is open. */
@Component({
  selector: 'parley-inbox',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [
    Avatar,
    MatButton,
    MatIcon,
    MatIconButton,
    MatProgressBar,
    MatTooltip,
    RouterLink,
    RouterLinkActive,
    RouterOutlet,
    SearchField,
    WhenPipe,
  ],
  providers: [Inbox],
  host: { '[class.reading]': 'reading()' },
  templateUrl: './inbox.page.html',
  styleUrl: './inbox.page.scss',
})
export class InboxPage {
  private readonly dialog = inject(MatDialog);
  private readonly router = inject(Router);
  private readonly session = inject(Session);
  private readonly people = inject(People);
  private readonly clock = inject(Clock);
  protected readonly inbox = inject(Inbox);
  /** Whether a conversation is open: on a phone there is place for one of the two. */
  protected readonly reading = signal(false);
  protected readonly title = title;
  protected readonly sort = sort;
  protected readonly who = who;
  protected readonly views: { view: View; name: string }[] = [
    { view: 'open', name: 'Open' },
    { view: 'waiting', name: 'Waiting' },
    { view: 'mine', name: 'Mine' },
    { view: 'assigned', name: 'Assigned' },
    { view: 'bot', name: 'With a bot' },
    { view: 'resolved', name: 'Resolved' },
  ];

  protected status(item: Conversation): string {
    switch (item.state) {
      case 'waiting':
        return this.waited(item);
      case 'assigned':
        return item.agent === this.session.id() ? 'You' : this.people.agent(item.agent ?? '');
      case 'bot':
        return 'Bot';
      default:
        return 'Resolved';
    }
  }

  protected preview(item: Conversation): string {
    const last = item.last_message;
    if (!last) {
      return item.reason || 'No messages';
    }
    const who = last.bot ? 'Bot: ' : last.author === 'AGE' ? 'Agent: ' : '';
    return who + (last.content || (last.bot ? 'no reply' : 'Attachment'));
  }

  protected async write(): Promise<void> {
    const { NewConversationDialog } = await import('./new-conversation.dialog');
    const made = await firstValueFrom(
      this.dialog.open<unknown, void, Conversation>(NewConversationDialog, { width: '520px' }).afterClosed(),
    );
    if (made) {
      this.inbox.put(made);
      await this.router.navigate(['/inbox', made.uuid]);
    }
  }

  private waited(item: Conversation): string {
    const since = Math.max(0, this.clock.now() - this.inbox.readAt()) / 1000;
    const place = item.position ? `No. ${item.position} · ` : '';
    return place + duration((item.waitSeconds ?? 0) + since);
  }
}
