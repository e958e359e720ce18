import {
  ChangeDetectionStrategy,
  Component,
  HostListener,
  computed,
  effect,
  inject,
  input,
  signal,
  untracked,
  viewChild,
} from '@angular/core';
import { MatButton, MatIconButton } from '@angular/material/button';
import { MatIcon } from '@angular/material/icon';
import { RouterLink } from '@angular/router';
import { ChatMessage, Room, Unsubscribe } from '@parley/chat-core';
import { said } from '../core/api-error';
import { Live } from '../core/live';
import { Notices } from '../core/notices';
import { People } from '../core/people';
import { Composer, Draft } from '../shared/composer';
import { Line, ofMessage } from '../shared/line';
import { Timeline } from '../shared/timeline';

/** One room, live: replies of a bot are seen as they are written, and can be stopped. */
@Component({
  selector: 'parley-room',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Composer, MatButton, MatIcon, MatIconButton, RouterLink, Timeline],
  template: `
    <header>
      <a matIconButton class="back" routerLink="/rooms" aria-label="Back to the list"><mat-icon svgIcon="back" /></a>
      <div class="who">
        <h1>{{ title() }}</h1>
        <p class="muted">{{ about() }}</p>
      </div>
      @if (streaming()) {
        <button matButton="outlined" type="button" (click)="stop()">Stop the reply</button>
      }
    </header>
    @if (problem(); as text) {
      <p class="problem" role="alert">{{ text }}</p>
    }
    @for (one of [id()]; track one) {
      <parley-timeline
        [lines]="lines()"
        [more]="more()"
        [typing]="typing()"
        [empty]="loaded() ? 'No messages yet.' : ''"
        (older)="older()"
        (retry)="room()?.retry($event)"
        (discard)="room()?.discard($event)"
      />
    }
    @if (!problem()) {
      <footer>
        <parley-composer
          [owner]="id()"
          [label]="'Message to ' + title()"
          [attach]="attach"
          (typed)="room()?.type()"
          (send)="send($event)"
        />
      </footer>
    }
  `,
  styleUrl: '../inbox/conversation.page.scss',
})
export class RoomPage {
  private readonly live = inject(Live);
  private readonly notices = inject(Notices);
  private readonly people = inject(People);
  readonly id = input.required<string>();
  protected readonly room = signal<Room | undefined>(undefined);
  private readonly messages = signal<readonly ChatMessage[]>([]);
  private readonly typists = signal<readonly string[]>([]);
  protected readonly more = signal(false);
  protected readonly loaded = signal(false);
  protected readonly problem = signal('');
  private readonly composer = viewChild(Composer);
  private readonly info = computed(() => this.live.rooms().find((room) => room.id === this.id()));
  protected readonly title = computed(
    () => this.info()?.name || (this.id() === 'me' || this.info()?.kind === 'assistant' ? 'Assistant' : 'Room'),
  );
  protected readonly about = computed(() => {
    const info = this.info();
    return info?.kind === 'group' ? `${info.participantCount} participants · ${info.visibility}` : '';
  });
  protected readonly streaming = computed(() => this.messages().some((m) => m.status === 'streaming'));
  protected readonly typing = computed(() => {
    const names = this.typists().map((id) => this.people.name(id));
    return names.length ? `${names.slice(0, 3).join(', ')} ${names.length > 1 ? 'are' : 'is'} writing…` : '';
  });
  protected readonly lines = computed(() => this.messages().map((m) => this.line(m)));

  constructor() {
    effect((leave) => {
      const client = this.live.client();
      const id = this.id();
      if (client) {
        const listening = untracked(() => this.enter(client.room(id)));
        leave(() => listening.forEach((stop) => stop()));
      }
    });
  }

  protected readonly attach = async (file: File): Promise<string> => {
    const client = this.live.client();
    if (!client) {
      throw new Error('There is no connection.');
    }
    return (await client.upload(file, file.name)).id;
  };

  protected send(draft: Draft): void {
    this.room()?.send(draft.text, { files: draft.files });
    this.composer()?.clear();
  }

  protected async older(): Promise<void> {
    const room = this.room();
    await this.notices.tried(room?.loadOlder() ?? Promise.resolve());
    this.more.set(room?.more ?? false);
  }

  protected async stop(): Promise<void> {
    await this.notices.tried(this.room()?.stop() ?? Promise.resolve());
  }

  @HostListener('document:visibilitychange')
  protected looked(): void {
    if (document.visibilityState === 'visible' && this.messages().length) {
      this.room()?.read();
    }
  }

  private enter(room: Room): Unsubscribe[] {
    this.room.set(room);
    this.messages.set(room.messages);
    this.typists.set(room.typing);
    this.loaded.set(room.loaded);
    this.more.set(room.more);
    this.problem.set('');
    let here = true;
    room.load().then(
      () => here && this.show(room),
      (error: unknown) => here && this.problem.set(said(error)),
    );
    return [
      room.on('messages', () => this.show(room)),
      room.on('typing', (typists) => this.typists.set(typists)),
      room.on('gone', () => this.problem.set('You take no part in this room any more, or it was deleted.')),
      () => (here = false),
    ];
  }

  private show(room: Room): void {
    this.messages.set(room.messages);
    this.loaded.set(true);
    this.more.set(room.more);
    this.looked();
  }

  private line(m: ChatMessage): Line {
    return ofMessage(m, (message) => {
      if (message.contentType === 'system' || message.role === 'system') {
        return { author: 'system', name: 'System', who: message.sender };
      }
      const bot = message.role === 'assistant';
      return {
        author: bot ? 'bot' : 'member',
        name: bot ? 'Assistant' : this.people.name(message.sender),
        who: message.sender,
      };
    });
  }
}
