import type { ChatError, ChatMessage, Client, Connection, ConversationState, Room } from '@parley/chat-core';

/** What a conversation tells the element that shows it. */
export interface Listener {
  /** Something to show has changed. */
  changed(): void;
  connected(connection: Connection): void;
  /** A finished message that came while the page was open; each once. */
  arrived(message: ChatMessage): void;
  state(state: ConversationState): void;
  failed(error: ChatError): void;
}

const none: ConversationState = { state: 'none' };
const reconnectDelay = 2000;

/** A message that stands as it is: it has its place in the room, and no more words come. */
export const finished = (message: ChatMessage): boolean =>
  message.seq > 0 && message.status !== 'streaming' && message.status !== 'pending';

/** One client and one of its rooms, and what follows from them: what is unread, what is new, how long one waits. */
export class Conversation {
  readonly room: Room;
  /** When the state came, for the time that runs on from it. */
  stateAt = Date.now();
  loadingOlder = false;
  private readonly named: boolean;
  private readSeq = 0;
  private newest = -1;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private off: (() => void)[] = [];

  constructor(
    readonly client: Client,
    id: string,
    private readonly to: Listener,
  ) {
    this.room = this.client.room(id);
    this.named = id !== 'me';
    this.off.push(
      this.client.on('connection', (connection) => this.to.connected(connection)),
      this.client.on('ready', () => this.load()),
      this.client.on('error', (error) => this.to.failed(error)),
      this.room.on('messages', (messages) => this.take(messages)),
      this.room.on('typing', () => this.to.changed()),
      this.room.on('read', () => this.to.changed()),
      this.room.on('state', (state) => {
        this.stateAt = Date.now();
        this.to.state(state);
      }),
    );
  }

  connect(): void {
    this.client.connect();
  }

  get messages(): readonly ChatMessage[] {
    return this.room.messages;
  }

  get state(): ConversationState {
    return this.room.state ?? none;
  }

  get streaming(): boolean {
    return this.messages.some((message) => message.status === 'streaming');
  }

  /** Seconds that one has waited in the queue, by the server's word and the time since. */
  get waited(): number {
    return (this.state.waitSeconds ?? 0) + Math.floor((Date.now() - this.stateAt) / 1000);
  }

  get unread(): number {
    return this.unseen.length;
  }

  /** The newest message that is unread, for the preview. */
  get preview(): ChatMessage | undefined {
    return this.unseen.at(-1);
  }

  /** Everything that is shown has been seen. */
  read(): void {
    const newest = this.messages.reduce((seq, message) => Math.max(seq, message.seq), 0);
    if (!this.unread || newest <= this.readSeq) return;
    this.readSeq = newest;
    this.room.read(newest);
    this.to.changed();
  }

  async older(): Promise<void> {
    if (this.loadingOlder || !this.room.more) return;
    this.loadingOlder = true;
    this.to.changed();
    await this.room.loadOlder().catch((error: ChatError) => this.to.failed(error));
    this.loadingOlder = false;
    this.to.changed();
  }

  close(): void {
    clearTimeout(this.retry);
    for (const off of this.off) off();
    this.client.close();
  }

  private get unseen(): ChatMessage[] {
    const me = this.client.user?.id ?? '';
    return this.messages.filter(
      (message) => !message.own && finished(message) && message.seq > this.readSeq && !message.readBy.includes(me),
    );
  }

  private load(): void {
    clearTimeout(this.retry);
    // Of a room that is not one's own, the list tells what kind it is.
    if (this.named)
      this.client.loadRooms().then(
        () => this.to.changed(),
        () => undefined,
      );
    if (this.room.loaded) return;
    this.room.load().then(
      () => this.take(this.messages),
      () => {
        // A lost connection is told by itself, and `ready` comes again; a refusal on a good one is tried again.
        if (this.client.connection === 'online') this.retry = setTimeout(() => this.load(), reconnectDelay);
      },
    );
  }

  private take(messages: readonly ChatMessage[]): void {
    const before = this.newest;
    if (this.room.loaded) {
      for (const message of messages) {
        if (!finished(message) || message.seq <= before) continue;
        this.newest = Math.max(this.newest, message.seq);
        if (before >= 0) this.to.arrived(message);
      }
      this.newest = Math.max(this.newest, 0);
    }
    this.to.changed();
  }
}
