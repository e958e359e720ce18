import {
  ChangeDetectionStrategy,
  Component,
  HostListener,
  computed,
  effect,
  inject,
  input,
  linkedSignal,
  signal,
  untracked,
  viewChild,
} from '@angular/core';
import { MatButton, MatIconButton } from '@angular/material/button';
import { MatDialog } from '@angular/material/dialog';
import { MatIcon } from '@angular/material/icon';
import { MatMenuModule } from '@angular/material/menu';
import { MatProgressBar } from '@angular/material/progress-bar';
import { Router, RouterLink } from '@angular/router';
import { firstValueFrom } from 'rxjs';
import { Api } from '../core/api';
import { isStatus } from '../core/api-error';
import { Live } from '../core/live';
import { Notices } from '../core/notices';
import { People } from '../core/people';
import { Session } from '../core/session';
import { Conversation, Note } from '../core/wire';
import { Avatar } from '../shared/avatar';
import { Clock } from '../shared/clock';
import { Composer, Draft } from '../shared/composer';
import { Confirm } from '../shared/confirm';
import { save } from '../shared/save';
import { Timeline } from '../shared/timeline';
import { WhenPipe } from '../shared/when.pipe';
import { duration } from '../shared/words';
import { OpenConversation } from './conversation';
import { Inbox } from './inbox';

type Turn = 'claim' | 'release' | 'resolve' | 'handback';

/** One conversation: what was said, what is noted, and what an agent can do. */
@Component({
  selector: 'parley-conversation',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [
    Avatar,
    Composer,
    MatButton,
    MatIcon,
    MatIconButton,
    MatMenuModule,
    MatProgressBar,
    RouterLink,
    Timeline,
    WhenPipe,
  ],
  providers: [OpenConversation],
  templateUrl: './conversation.page.html',
  styleUrl: './conversation.page.scss',
})
export class ConversationPage {
  private readonly api = inject(Api);
  private readonly clock = inject(Clock);
  private readonly confirm = inject(Confirm);
  private readonly dialog = inject(MatDialog);
  private readonly inbox = inject(Inbox);
  private readonly live = inject(Live);
  private readonly notices = inject(Notices);
  private readonly people = inject(People);
  private readonly router = inject(Router);
  private readonly session = inject(Session);
  protected readonly open = inject(OpenConversation);
  readonly uuid = input.required<string>();

  protected readonly item = this.open.item;
  protected readonly busy = signal(false);
  protected readonly noting = linkedSignal({ source: this.uuid, computation: () => false });
  private readonly composer = viewChild(Composer);
  private readonly readAt = computed(() => (this.item(), Date.now()));
  protected readonly isTaken = computed(() => this.item()?.state === 'assigned' && !this.open.mine());
  /** An administrator may end what another agent holds. */
  protected readonly mayTurn = computed(() => !this.isTaken() || this.session.isAdmin());
  protected readonly holder = computed(() => this.people.agent(this.item()?.agent ?? ''));
  protected readonly status = computed(() => {
    const item = this.item();
    switch (item?.state) {
      case 'waiting': {
        const waited = (item.waitSeconds ?? 0) + Math.max(0, this.clock.now() - this.readAt()) / 1000;
        return `Waits for ${duration(waited)}${item.position ? `, number ${item.position} in the queue` : ''}`;
      }
      case 'assigned':
        return this.open.mine() ? 'You answer' : `${this.holder()} answers`;
      case 'bot':
        return 'A bot answers; its replies show when they are whole';
      default:
        return 'Resolved';
    }
  });

  constructor() {
    effect(() => {
      const uuid = this.uuid();
      untracked(() => this.open.uuid.set(uuid));
    });
  }

  @HostListener('document:visibilitychange')
  protected looked(): void {
    this.open.seen();
  }

  protected async turn(turn: Turn, done: string): Promise<void> {
    const item = await this.act(() => this.api.post<Conversation>(this.open.path(`/${turn}`)));
    if (item) {
      this.notices.say(done);
    }
  }

  protected async send(draft: Draft): Promise<void> {
    if (this.noting()) {
      await this.addNote(draft.text);
    } else if (this.open.send(draft.text, draft.files)) {
      this.composer()?.clear();
    } else if (draft.text) {
      await this.claimWith(draft.text);
    }
  }

  protected typed(): void {
    if (!this.noting()) {
      this.open.typed();
    }
  }

  protected readonly attach = async (file: File): Promise<string> => {
    const client = this.live.client();
    if (!client) {
      throw new Error('There is no connection.');
    }
    return (await client.upload(file, file.name)).id;
  };

  protected async editContact(): Promise<void> {
    const { ContactDialog } = await import('./contact.dialog');
    const ref = this.dialog.open<unknown, Conversation, Conversation>(ContactDialog, {
      data: this.item(),
      width: '440px',
    });
    const item = await firstValueFrom(ref.afterClosed());
    if (item) {
      this.taken(item);
    }
  }

  protected async download(format: 'text' | 'json'): Promise<void> {
    const file = await this.notices.tried(this.api.download(this.open.path('/transcript'), { format }));
    if (file) {
      save(file.bytes, file.name || `transcript.${format === 'text' ? 'txt' : 'json'}`);
    }
  }

  protected async erase(): Promise<void> {
    const sure = await this.confirm.ask({
      title: 'Erase this conversation?',
      text: `All messages, notes and files of ${this.open.customer()}, and their name and email, are removed for good. Nobody can bring them back.`,
      action: 'Erase',
    });
    if (sure && (await this.notices.tried(this.api.delete(this.open.path()), 'The conversation is erased.'))) {
      await this.router.navigate(['/inbox']);
    }
  }

  private async addNote(content: string): Promise<void> {
    this.busy.set(true);
    const note = await this.notices.tried(this.api.post<Note>(this.open.path('/notes'), { content }));
    this.busy.set(false);
    if (note) {
      this.open.putNote(note);
      this.composer()?.clear();
    }
  }

  /** Who answers a conversation that is nobody's claims it with the answer. */
  private async claimWith(content: string): Promise<void> {
    const nonce = crypto.randomUUID();
    const item = await this.act(async () => {
      await this.api.post('api/messages', { conversation: this.uuid(), content, nonce });
      return this.api.get<Conversation>(this.open.path());
    });
    if (item) {
      this.composer()?.clear();
    }
  }

  private async act(work: () => Promise<Conversation>): Promise<Conversation | undefined> {
    this.busy.set(true);
    try {
      const item = await work();
      this.taken(item);
      return item;
    } catch (error) {
      if (isStatus(error, 409)) {
        await this.open.refresh();
        this.notices.say(
          this.isTaken() ? `${this.holder()} was faster and answers this conversation now.` : (error as Error).message,
        );
      } else {
        this.notices.fail(error);
      }
      return undefined;
    } finally {
      this.busy.set(false);
    }
  }

  private taken(item: Conversation): void {
    this.open.put(item);
    this.inbox.put(item);
  }
}
