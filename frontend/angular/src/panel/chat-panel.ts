import {
  ChangeDetectionStrategy,
  Component,
  ElementRef,
  Injector,
  afterNextRender,
  booleanAttribute,
  computed,
  effect,
  inject,
  input,
  output,
  signal,
  untracked,
  viewChild,
} from '@angular/core';
import type { ChatMessage } from '@parley/chat-core';
import { ChatService } from '../service/chat.service';
import { announceNews } from './announce';
import { Composer } from './composer';
import { DayLabel } from './day-label';
import { MessageRow } from './message-row';
import { keepScrolled } from './scroll';
import { PARLEY_TEXTS } from './texts';
import { timeline } from './timeline';

/**
 * A conversation: its messages as they come, and where one writes. It fills the box it is put in. Colours are CSS
 * variables (`--parley-accent`, ...: see the README); light and dark follow the page's `color-scheme`.
 */
@Component({
  selector: 'parley-chat-panel',
  imports: [Composer, DayLabel, MessageRow],
  templateUrl: './chat-panel.html',
  styleUrl: './chat-panel.css',
  changeDetection: ChangeDetectionStrategy.OnPush,
  host: { '(keydown.escape)': 'closeOnEscape($event)' },
})
export class ChatPanel {
  /** The room's id; one's own conversation with the assistant by default. */
  readonly room = input('me');
  readonly heading = input<string>();
  /** Shows a button that closes, and lets Escape do the same: `closed` tells the page. */
  readonly closable = input(false, { transform: booleanAttribute });
  /** Names senders, where the page knows them. */
  readonly nameOf = input<(message: ChatMessage) => string | undefined>();
  readonly closed = output();

  protected readonly texts = inject(PARLEY_TEXTS);
  private readonly service = inject(ChatService);
  private readonly injector = inject(Injector);

  protected readonly chat = computed(() => this.service.room(this.room()));
  protected readonly rows = computed(() => timeline(this.chat().messages()));
  protected readonly state = computed(() => this.chat().state());
  protected readonly asking = signal(false);
  protected readonly problem = signal('');

  private readonly log = viewChild.required<ElementRef<HTMLElement>>('log');
  private readonly keep = viewChild<ElementRef<HTMLElement>>('keepButton');
  private readonly composer = viewChild.required(Composer);

  protected readonly scroll = keepScrolled(this.log, this.rows);
  protected readonly news = announceNews(this.chat, (message) => `${this.who(message)}: ${message.text}`);

  /** What stands in the way of writing, or slows it. */
  protected readonly hindrance = computed(() => {
    if (this.chat().gone()) return this.texts.gone;
    const connection = this.service.connection();
    if (connection === 'offline' || connection === 'draining' || connection === 'refused')
      return this.texts[connection];
    return connection === 'connecting' && !this.chat().loaded() ? this.texts.connecting : '';
  });

  protected readonly handling = computed(() => {
    const { state, position } = this.state();
    if (state === 'waiting') return this.texts.waiting(position);
    if (state === 'assigned') return this.texts.assigned;
    return state === 'resolved' ? this.texts.resolved : '';
  });

  protected readonly closedToUser = computed(() => this.chat().gone() || this.service.connection() === 'refused');
  protected readonly clearable = computed(() => this.room() === 'me' && this.rows().length > 0);

  protected readonly escalatable = computed(() => {
    const { state } = this.state();
    if (state === 'waiting' || state === 'assigned' || this.service.connection() !== 'online') return false;
    if (this.room() === 'me') return true;
    const kind = this.service.rooms().find(({ id }) => id === this.room())?.kind;
    return kind !== undefined && kind !== 'group';
  });

  constructor() {
    // A reading may fail with the connection; it is taken up again when that is back, or another user is there.
    effect(() => {
      const chat = this.chat();
      const connection = this.service.connection();
      untracked(() => {
        if (!chat.loaded() && connection !== 'refused') chat.load().catch(() => undefined);
      });
    });
    effect(() => {
      const newest = this.chat().messages().at(-1);
      if (newest && !newest.own && newest.seq > 0 && this.scroll.seesNewest()) untracked(() => this.chat().read());
    });
  }

  /** Puts the cursor where one writes. */
  focus(): void {
    this.composer().focus();
  }

  protected who(message: ChatMessage): string {
    const name = this.nameOf()?.(message);
    if (name) return name;
    if (message.own) return this.texts.you;
    if (message.role === 'assistant') return this.texts.assistant;
    if (message.role === 'agent') return this.texts.agent;
    return message.role === 'system' ? this.texts.notice : this.texts.other;
  }

  protected send(text: string): void {
    this.problem.set('');
    this.chat().send(text);
    this.scroll.toNewest();
  }

  protected stop(): void {
    this.attempt(this.chat().stop());
    this.focus();
  }

  protected escalate(): void {
    this.attempt(this.chat().escalate());
    this.focus();
  }

  protected showOlder(): void {
    this.log().nativeElement.focus();
    this.attempt(this.scroll.keepPlace(() => this.chat().loadOlder()));
  }

  protected askToClear(): void {
    this.asking.set(true);
    afterNextRender(() => this.keep()?.nativeElement.focus(), { injector: this.injector });
  }

  protected keepHistory(): void {
    this.asking.set(false);
    this.focus();
  }

  protected clear(): void {
    this.keepHistory();
    this.attempt(
      this.chat()
        .clear()
        .then(() => this.news.say(this.texts.cleared)),
    );
  }

  protected closeOnEscape(event: Event): void {
    event.stopPropagation();
    if (this.asking()) this.keepHistory();
    else if (this.closable()) this.closed.emit();
  }

  private attempt(act: Promise<unknown>): void {
    this.problem.set('');
    act.catch(() => this.problem.set(this.texts.wentWrong));
  }
}
