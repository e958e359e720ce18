import { Emitter } from './emitter.js';
import { chatError, offline } from './errors.js';
import type { Http } from './http.js';
import type { Link } from './link.js';
import type { Outbox } from './outbox.js';
import { Presence } from './presence.js';
import { Reads } from './reads.js';
import { Timeline } from './timeline.js';
import type { ChatError, ChatMessage, ConversationState, Role, RoomEvents, RoomInfo, Unsubscribe } from './types.js';
import { Typing } from './typing.js';
import { type EventWire, type HistoryWire, type MessageWire, newer, type RoomWire, type SyncWire } from './wire.js';

/** Messages in a page of history. */
export const page = 50;

/** What a room needs of its client. */
export interface Host {
  readonly link: Link;
  web(): Promise<Http>;
  readonly outbox: Outbox;
  userId(): string;
  /** Brings rooms that are behind up to date. */
  catchUp(): void;
  /** The room's real id is known. */
  named(room: Replica, id: string): void;
  /** One's own message has come back. */
  settled(nonce: string): void;
  /** This user has read so far. */
  hasRead(room: string, seq: number): void;
}

/**
 * What this client has of one room, and how it keeps up: by pages of history, by `sync` after each new session, and by
 * live events, which wait while it is behind. Commands are ChatRoom's.
 */
export abstract class Replica {
  /** Whether somebody holds it: else it only keeps what came early. */
  held = false;
  loaded = false;
  more = false;
  state: ConversationState = { state: 'none' };
  /** Whether it is to be kept up to date, and whether it is: then live events are taken as they come. */
  wanted = false;
  live = false;
  /** The state of the room up to which everything is here. */
  cursor = '';

  /** Whether it is one's own conversation, asked for as `me`. */
  readonly mine: boolean;
  protected readonly events = new Emitter<RoomEvents>();
  protected readonly timeline: Timeline;
  protected readonly typists: Typing;
  private readonly presence: Presence;
  protected known: Pick<RoomInfo, 'kind' | 'creator'> | undefined;
  /** Counts how often it was let go: what was asked for before that is not the whole story. */
  protected stay = 0;
  private waiting: [name: string, e: EventWire, ordered: boolean][] = [];
  protected loads: { resolve: () => void; reject: (error: ChatError) => void }[] = [];
  private telling = false;
  protected readonly reads: Reads;

  constructor(
    public id: string,
    protected readonly host: Host,
  ) {
    this.timeline = new Timeline(
      {
        room: () => this.id,
        user: () => host.userId(),
        loaded: () => this.loaded,
        role: (sender, type) => this.role(sender, type),
      },
      () => this.changed(),
    );
    this.typists = new Typing(
      (typing) => host.link.say('typing', { roomId: this.id, typing }),
      (users) => this.events.emit('typing', users),
    );
    this.presence = new Presence((users) => this.events.emit('online', users));
    this.reads = new Reads((seq) => this.sayRead(seq));
    this.mine = id === 'me';
  }

  get messages(): readonly ChatMessage[] {
    return this.timeline.messages;
  }

  get typing(): readonly string[] {
    return this.typists.users;
  }

  get online(): readonly string[] {
    return this.presence.users;
  }

  on<K extends keyof RoomEvents>(event: K, handler: (value: RoomEvents[K]) => void): Unsubscribe {
    return this.events.on(event, handler);
  }

  /** Brings the newest messages, and says where the room stands; for a room that has no cursor. */
  async reload(): Promise<void> {
    const { stay } = this;
    const { link } = this.host;
    const { turn } = link;
    const place = link.call<EventWire>('connectToRoom', { roomId: this.id }, (p) => this.host.named(this, p.room));
    // Pipelined: the head is read first, so that what comes behind it is found as an event or in the page.
    const newest = link.call<HistoryWire>('history', { roomId: this.id, limit: page });
    const [{ cursor = '' }, { messages, more }] = await Promise.all([place, newest, this.learn()]);
    if (stay !== this.stay) return;
    if (turn !== link.turn) throw offline();
    this.timeline.clear(!this.loaded);
    for (const m of messages) this.put(m);
    this.more = more;
    this.cursor = cursor;
    this.arrive();
  }

  /** What a sync said. */
  take({ messages = [], cursor = '', more, resync, gone }: SyncWire): void {
    if (gone) return this.leave();
    if (resync) {
      this.cursor = '';
      return; // it is loaded anew
    }
    const { oldest } = this.timeline;
    for (const m of messages) {
      // Of what lies before the oldest message that is here, the page that brings it will tell.
      if (!this.more || m.seq >= oldest || this.timeline.has(m._id)) this.put(m);
    }
    this.cursor = cursor;
    if (!more) this.arrive();
  }

  /** A room that cannot be loaded. */
  fail(error: ChatError): void {
    for (const { reject } of this.loads.splice(0)) reject(error);
    if (this.loaded) this.leave();
    else this.wanted = false;
  }

  /** The client is closed: who waits is told, what is here stays. */
  closed(): void {
    this.live = false;
    this.reads.stop();
    this.refuse('The client was closed');
  }

  /** Whoever waits for it to be loaded does so in vain. */
  protected refuse(why: string): void {
    for (const { reject } of this.loads.splice(0)) reject(chatError('closed', why));
  }

  /** One is out of the room, or it is no more. */
  leave(): void {
    const held = this.loaded;
    this.release();
    this.timeline.clear();
    if (held) this.events.emit('gone', undefined);
  }

  /** Is no longer kept up to date: what comes from now on is not here. */
  protected release(): void {
    Object.assign(this, { loaded: false, wanted: false, live: false, more: false, cursor: '', waiting: [] });
    this.stay++;
  }

  /** A new session: what happened meanwhile has to be asked for first. */
  behind(): void {
    this.live = false;
    this.waiting = [];
    this.reads.known(this.timeline.readUpTo(this.host.userId()), true);
    if (!this.loaded) this.timeline.clearStreams();
  }

  /** There is no connection. */
  lost(): void {
    this.typists.clear();
    this.refreshUnsent();
  }

  /** Tells which messages wait, and which were refused. */
  abstract refreshUnsent(): void;

  /** The room's other self, which was made before it was known that both are one. */
  adopt(other: Replica): void {
    this.turn(other.state);
    for (const m of other.messages) {
      if (m.status !== 'streaming') continue;
      this.timeline.start(m.id);
      this.timeline.token(m.id, m.text, 0);
    }
  }

  /** There is one again. */
  resumed(): void {
    this.refreshUnsent();
    this.reads.flush();
  }

  /** Learns who is who, and what its name is now. */
  meet(info?: Pick<RoomInfo, 'kind' | 'creator'>): void {
    this.known = info ?? this.known;
    this.timeline.recast();
  }

  /** For another user. */
  reset(): void {
    this.behind();
    Object.assign(this, { loaded: false, more: false, cursor: '', known: undefined });
    this.reads.reset();
    if (this.mine) this.id = 'me';
    this.typists.clear();
    this.presence.clear();
    this.timeline.reset();
    this.turn({ state: 'none' });
  }

  /** A message as it is here, or would be. */
  view(m: MessageWire): ChatMessage {
    return this.timeline.find(m._id) ?? this.timeline.view(m);
  }

  get newest(): number {
    return this.timeline.newest;
  }

  /** An event of this room's; one that is `ordered` moves the cursor. */
  receive(name: string, e: EventWire, ordered: boolean): void {
    switch (name) {
      case 'typing':
        if (e.user && e.user !== this.host.userId()) this.typists.heard(e.user, Boolean(e.typing));
        return;
      case 'presence':
        return this.presence.heard(e.user ?? '', Boolean(e.online));
      case 'messagesRead':
        return this.heardRead(String(e.readBy), e.seq ?? 0);
      case 'conversation-state':
        return this.turn({ state: e.state ?? 'none', position: e.position, waitSeconds: e.waitSeconds });
      case 'room-left':
      case 'room-deleted':
        return this.leave();
    }
    if (this.wanted && !this.live) this.waiting.push([name, e, ordered]);
    else this.apply(name, e, ordered);
  }

  private apply(name: string, e: EventWire, ordered: boolean): void {
    const id = e.messageId ?? e._id ?? '';
    const shown = this.wanted || this.held;
    switch (name) {
      case 'stream-start':
        return this.timeline.start(id);
      case 'stream-token':
        return this.timeline.token(id, e.token ?? '', e.offset ?? 0);
      case 'message':
        if (shown || this.timeline.has(e.nonce)) this.put(e as MessageWire);
        else this.timeline.drop(id);
        break;
      case 'message-deleted':
      case 'message-edited':
      case 'stream-end':
        if (shown) this.timeline.change(id, { ...e, deleted: name === 'message-deleted' });
        break;
      case 'history-cleared':
        this.timeline.clear();
        this.more = false;
    }
    if (ordered && this.live && e.cursor && newer(e.cursor, this.cursor)) this.cursor = e.cursor;
  }

  protected put(m: MessageWire): void {
    this.timeline.put(m);
    if (m.nonce && this.timeline.find(m._id)?.own) this.host.settled(m.nonce);
  }

  private arrive(): void {
    if (this.loaded) void this.askReaders();
    this.live = this.loaded = true;
    for (const waited of this.waiting.splice(0)) this.apply(...waited);
    this.timeline.touch();
    this.reads.known(this.timeline.readUpTo(this.host.userId()));
    void this.askPresence();
    for (const { resolve } of this.loads.splice(0)) resolve();
  }

  // Who is who depends on the kind of room.
  private async learn(): Promise<void> {
    if (this.known || this.mine) return;
    try {
      const http = await this.host.web();
      this.meet(await http.json<RoomWire>('GET', `chat/rooms/${encodeURIComponent(this.id)}`));
    } catch {
      // Nothing is lost by it: others are users then.
    }
  }

  private role(sender: string, type: ChatMessage['contentType']): Role {
    if (type === 'system') return 'system';
    if (sender.startsWith('bot:')) return 'assistant';
    // Whose conversation it is, is its user; whoever else writes there is an agent, oneself too.
    const { kind = this.mine ? 'assistant' : 'group', creator = this.host.userId() } = this.known ?? {};
    return kind === 'group' || sender === creator ? 'user' : 'agent';
  }

  // No sync tells of what was read meanwhile: the newest page does.
  private async askReaders(): Promise<void> {
    if (this.mine && this.state.state !== 'assigned') return; // bots do not read
    if (!this.messages.some((m) => m.own && m.seq && !m.readBy.length)) return;
    const asked = this.host.link.call<HistoryWire>('history', { roomId: this.id, limit: page }, (a) =>
      a.messages.forEach((m) => this.put(m)),
    );
    await asked.catch(() => undefined);
  }

  private async askPresence(): Promise<void> {
    this.presence.asking();
    const asked = this.host.link.call<{ online: string[] }>('presence', { roomId: this.id }, (a) =>
      this.presence.answered(a.online),
    );
    await asked.catch(() => this.presence.answered());
  }

  private turn(state: ConversationState): void {
    if (state.state === 'none' && this.state.state === 'none') return;
    this.state = state;
    this.events.emit('state', state);
  }

  private heardRead(user: string, seq: number): void {
    this.timeline.read(user, seq);
    if (user === this.host.userId()) {
      this.reads.known(seq);
      this.host.hasRead(this.id, seq);
    }
    this.events.emit('read', { user, seq });
  }

  private sayRead(seq: number): boolean {
    if (!this.host.link.online) return false;
    this.host.hasRead(this.id, seq);
    this.host.link.say('messagesRead', { roomId: this.id, seq });
    return true;
  }

  // Once for all that changes at once.
  private changed(): void {
    if (this.telling) return;
    this.telling = true;
    queueMicrotask(() => {
      this.telling = false;
      this.events.emit('messages', this.messages);
    });
  }
}
