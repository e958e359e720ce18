import { DestroyRef, type Injector, type Signal, computed } from '@angular/core';
import { takeUntilDestroyed, toSignal } from '@angular/core/rxjs-interop';
import {
  type MonoTypeOperatorFunction,
  type Observable,
  Subject,
  distinctUntilChanged,
  filter,
  map,
  merge,
  skipWhile,
  takeWhile,
} from 'rxjs';
import type { ChatMessage, Client, ConversationState, Room } from '@parley/chat-core';
import { listen, watch } from './watch';

export interface SendOptions {
  files?: string[];
  replyTo?: string;
}

/**
 * One room: each of its observables has a signal of the same name without the dollar sign. Observables begin with the
 * value as it is, except `message$`, which tells news alone; all of them complete with the injector.
 */
export class ChatRoom {
  /** The whole list, oldest first, a new one at each change; a reply that is being written grows in it. */
  readonly messages$: Observable<readonly ChatMessage[]>;
  readonly messages: Signal<readonly ChatMessage[]>;
  /** Each new message, once, when it is whole. */
  readonly message$: Observable<ChatMessage>;
  readonly message: Signal<ChatMessage | undefined>;
  /** The ids of those who type. */
  readonly typing$: Observable<readonly string[]>;
  readonly typing: Signal<readonly string[]>;
  /** The ids of those who are here. */
  readonly online$: Observable<readonly string[]>;
  readonly online: Signal<readonly string[]>;
  /** Who the conversation is with: the assistant, nobody yet, a person. */
  readonly state$: Observable<ConversationState>;
  readonly state: Signal<ConversationState>;
  /** The reply that is being written, as far as it has come. */
  readonly reply: Signal<ChatMessage | undefined>;
  /** Whether the newest messages are read, and whether there are older ones to load. */
  readonly loaded: Signal<boolean>;
  readonly more: Signal<boolean>;
  /** Whether one is out of the room for good. */
  readonly gone: Signal<boolean>;

  private readonly readings = new Subject<void>();

  constructor(
    protected readonly client: Client,
    private readonly stored: Room,
    injector: Injector,
  ) {
    const live = <T>(): MonoTypeOperatorFunction<T> => takeUntilDestroyed<T>(injector.get(DestroyRef));
    const current = <T>(values: Observable<T>): Signal<T> => toSignal(values, { requireSync: true, injector });

    this.messages$ = watch(
      () => stored.messages,
      (handler) => stored.on('messages', handler),
    ).pipe(live());
    this.messages = current(this.messages$);
    this.message$ = listen<ChatMessage>((handler) => client.on('message', handler)).pipe(
      filter((message) => this.has(message)),
      live(),
    );
    this.message = toSignal(this.message$, { injector });
    this.typing$ = watch(
      () => stored.typing,
      (handler) => stored.on('typing', handler),
    ).pipe(live());
    this.typing = current(this.typing$);
    this.online$ = watch(
      () => stored.online,
      (handler) => stored.on('online', handler),
    ).pipe(live());
    this.online = current(this.online$);
    this.state$ = watch(
      () => stored.state,
      (handler) => stored.on('state', handler),
    ).pipe(live());
    this.state = current(this.state$);
    this.reply = computed(() => this.messages().findLast((message) => message.status === 'streaming'));

    // Neither has an event of its own: they change with the list, or when a reading has found nothing.
    const readings = merge(this.messages$, this.readings.pipe(live()));
    this.loaded = current(readings.pipe(map(() => stored.loaded)));
    this.more = current(readings.pipe(map(() => stored.more)));
    this.gone = toSignal(
      listen<unknown>((handler) => stored.on('gone', handler)).pipe(
        live(),
        map(() => true),
      ),
      {
        initialValue: false,
        injector,
      },
    );
  }

  /** The room's id; `me` for one's own conversation until the server has told it. */
  get id(): string {
    return this.stored.id;
  }

  /** Connects and reads the newest messages; from then on the room is kept up to date, through reconnections too. */
  async load(): Promise<void> {
    this.client.connect();
    await this.stored.load();
    this.readings.next();
  }

  /** Keeps the room up to date no longer: its list is empty until `load` reads it anew. */
  unload(): void {
    this.stored.unload();
    this.readings.next();
  }

  async loadOlder(): Promise<void> {
    await this.stored.loadOlder();
    this.readings.next();
  }

  /**
   * Sends at once, subscribed to or not. What comes back tells how far the message has come, begins with it as it is
   * shown, and completes when the server has stored it, or when it is discarded.
   */
  send(text: string, options?: SendOptions): Observable<ChatMessage> {
    this.client.connect();
    const key = this.stored.send(text, options);
    return this.messages$.pipe(
      map((messages) => messages.find((message) => message.key === key)),
      skipWhile((message) => message === undefined),
      takeWhile((message) => message !== undefined),
      distinctUntilChanged(),
      takeWhile((message) => message.status !== 'complete', true),
    );
  }

  /** Sends a failed message again. */
  retry(key: string): void {
    this.stored.retry(key);
  }

  /** Forgets a failed message. */
  discard(key: string): void {
    this.stored.discard(key);
  }

  edit(id: string, text: string): Promise<void> {
    return this.stored.edit(id, text);
  }

  remove(id: string): Promise<void> {
    return this.stored.remove(id);
  }

  /** Stops the reply that is being written, if one is. */
  stop(): Promise<void> {
    return this.stored.stop();
  }

  /** Clears the history; of one's own conversation alone. */
  clear(): Promise<void> {
    return this.stored.clear();
  }

  /** Asks for a person. */
  escalate(reason?: string): Promise<void> {
    return this.stored.escalate(reason);
  }

  /** Says that the user types; to be called at every key. */
  type(): void {
    this.stored.type();
  }

  /** Says that everything up to the newest message, or to `seq`, was read. */
  read(seq?: number): void {
    this.stored.read(seq);
  }

  private has(message: ChatMessage): boolean {
    return message.room === this.stored.id || this.stored.messages.some(({ id }) => id === message.id);
  }
}
