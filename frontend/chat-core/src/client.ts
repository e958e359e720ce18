import { CatchUp } from './catchup.js';
import { Emitter } from './emitter.js';
import { asChatError, chatError } from './errors.js';
import type { Http } from './http.js';
import { Link, type Listener } from './link.js';
import { Outbox } from './outbox.js';
import { loadHttp, loadRooms } from './parts.js';
import type { Host } from './replica.js';
import { ChatRoom, contentType } from './room.js';
import type { RoomList } from './rooms.js';
import { claims, Tokens } from './token.js';
import type * as api from './types.js';
import { epoch, type EventWire, type MessageWire, type ReadyWire, type ReceiptWire } from './wire.js';

/** News for agents; all other events name a room. */
const forAgents = new Set(['conversation-updated', 'conversation-deleted', 'conversation-note']);

/** What a room keeps before anybody has asked for it. */
const kept = new Set(['stream-start', 'conversation-state']);

/** The client: all that it is made of, and what comes over its link, brought to where it belongs. */
export class ChatClient implements api.Client, Host, Listener {
  user: api.User | undefined;
  readonly link: Link;
  readonly outbox: Outbox;
  private readonly events = new Emitter<api.ClientEvents>();
  private readonly tokens: Tokens;
  private readonly catching: CatchUp;
  private readonly base: string;
  private loadingWeb: Promise<Http> | undefined;
  private list: RoomList | undefined;
  private readonly open = new Map<string, ChatRoom>();
  /** Rooms that turned out to be one that is open too. */
  private twins: ChatRoom[] = [];
  /** The last message of each room and epoch that was told of. */
  private readonly told = new Map<string, number>();

  constructor({ url = '/', token, storage = ownStorage() }: api.ClientOptions) {
    const base = new URL(url, globalThis.document?.baseURI ?? 'http://localhost:3000');
    base.pathname = base.pathname.replace(/\/*$/, '/');
    this.tokens = new Tokens(token);
    this.base = base.href;
    this.link = new Link(base, this.tokens, this);
    this.catching = new CatchUp(this.link, () => this.all());
    this.outbox = new Outbox(
      {
        online: () => this.link.online,
        send: ({ nonce, room, text: content, files, replyTo }) => {
          const message = { roomId: room, content, contentType: contentType(content, files), files, replyTo, nonce };
          return this.link.call<ReceiptWire>('message', message);
        },
        sent: ({ nonce }, receipt) => this.all().forEach((room) => room.confirm(nonce, receipt)),
        changed: () => this.all().forEach((room) => room.refreshUnsent()),
      },
      storage,
      base.href,
    );
  }

  get connection(): api.Connection {
    return this.link.state;
  }

  get rooms(): readonly api.RoomInfo[] {
    return this.list?.rooms ?? [];
  }

  on<K extends keyof api.ClientEvents>(event: K, handler: (value: api.ClientEvents[K]) => void): api.Unsubscribe {
    return this.events.on(event, handler);
  }

  connect(): void {
    this.link.connect();
    // What an earlier page has left is shown before there is a connection.
    this.tokens.get().then(
      () => this.unpack(),
      () => undefined,
    );
  }

  close(): void {
    this.link.close();
    for (const room of this.all()) room.closed();
  }

  setToken(token: api.TokenSource): void {
    this.tokens.replace(token);
    if (this.connection !== 'idle' && this.connection !== 'closed') void this.reauthenticate();
  }

  room(id = 'me'): api.Room {
    const room = this.own(id);
    room.held = true;
    this.nameMe();
    return room;
  }

  async loadRooms(): Promise<readonly api.RoomInfo[]> {
    const [{ RoomList }, web] = await Promise.all([loaded(loadRooms()), this.web()]);
    this.list ??= new RoomList(
      web,
      (info, last) => this.meet(info, last),
      () => this.events.emit('rooms', [...this.rooms]),
    );
    return this.list.load();
  }

  async createRoom(roomName: string, users: string[], visibility: 'private' | 'public' = 'private'): Promise<string> {
    // The server wants a user, be it oneself.
    const body = { roomName, users: users.length ? users : [this.userId()], visibility };
    return (await this.http<{ roomId: string }>('POST', 'chat/rooms', body)).roomId;
  }

  async http<T>(method: string, path: string, body?: unknown): Promise<T> {
    return (await this.web()).json(method, path, body);
  }

  async upload(
    file: Blob,
    name: string,
    progress?: (fraction: number) => void,
    signal?: AbortSignal,
  ): Promise<api.UploadedFile> {
    return (await this.web()).upload(file, name, progress, signal);
  }

  async download(id: string, signal?: AbortSignal): Promise<Blob> {
    return (await this.web()).bytes(`chat/files/${encodeURIComponent(id)}`, signal);
  }

  // What rooms need.

  web(): Promise<Http> {
    return (this.loadingWeb ??= loaded(loadHttp())
      .then(({ Http }) => new Http(this.base, this.tokens, chatError))
      .catch((error: api.ChatError) => {
        this.loadingWeb = undefined; // it can be tried again
        throw error;
      }));
  }

  userId(): string {
    return this.user?.id ?? claims(this.tokens.current).sub ?? '';
  }

  catchUp(): void {
    void this.catching.run();
  }

  named(room: ChatRoom, id: string): void {
    if (room.id === id) return;
    const other = this.open.get(id);
    room.id = id;
    this.open.set(id, room);
    if (other?.held) this.twins.push(other);
    if (other) room.adopt(other);
    room.meet();
  }

  settled(nonce: string): void {
    this.outbox.remove(nonce);
  }

  hasRead(room: string, seq: number): void {
    this.list?.read(room, seq);
  }

  // What the link tells.

  state(state: api.Connection): void {
    this.all().forEach((room) => (state === 'online' ? room.refreshUnsent() : room.lost()));
    this.events.emit('connection', state);
  }

  ready({ user: { _id: id, name, role } }: ReadyWire): void {
    if (this.user && this.user.id !== id) this.forget();
    this.user = { id, name, role, email: claims(this.tokens.current).email ?? '' };
    for (const room of this.all()) room.behind();
    this.unpack();
    this.link.set('online');
    this.nameMe();
    this.events.emit('ready', this.user);
    this.list?.load().catch(() => undefined); // the next connection tries again
    this.resume();
  }

  resumed(): void {
    this.link.set('online');
    this.resume();
  }

  error(error: api.ChatError): void {
    this.events.emit('error', error);
  }

  event(name: string, body: unknown, ordered: boolean): void {
    if (forAgents.has(name))
      this.events.emit(name as 'conversation-updated', body as api.ClientEvents['conversation-updated']);
    const e = body as EventWire | undefined;
    if (!e?.room || forAgents.has(name)) return;
    if (kept.has(name)) this.own(e.room);
    for (const room of [this.open.get(e.room), ...this.twins]) if (room?.id === e.room) room.receive(name, e, ordered);
    if (name === 'message') this.tell(e as MessageWire);
    if (/^room-/.test(name)) this.catching.moved.add(e.room);
    this.list?.event(name, e);
  }

  // tell passes a message on once: not one that is only shown again.
  private tell(m: MessageWire): void {
    const key = `${m.room} ${epoch(m.cursor)}`; // numbers go back by a restore
    if (m.seq <= (this.told.get(key) ?? 0)) return;
    this.told.set(key, m.seq);
    const message = this.own(m.room).view(m);
    this.list?.heard(message);
    this.events.emit('message', message);
  }

  // meet makes a listed room's acquaintance, and shows its last message.
  private meet(info: api.RoomInfo, last: MessageWire | null): api.ChatMessage | undefined {
    const me = this.open.get('me');
    if (me && info.kind === 'assistant' && info.creator === this.userId()) this.named(me, info.id);
    const room = this.own(info.id);
    room.meet(info);
    return last ? room.view(last) : undefined;
  }

  private resume(): void {
    this.outbox.flush();
    for (const room of this.all()) room.resumed();
    this.catchUp();
  }

  // nameMe asks for the real id of one's own conversation, by which events call it.
  private nameMe(): void {
    const me = this.open.get('me');
    if (!me || me.id !== 'me' || !this.link.online) return;
    this.link
      .call<EventWire>('connectToRoom', { roomId: 'me' }, ({ room }) => this.named(me, room))
      .catch(() => undefined);
  }

  private unpack(): void {
    const user = this.userId();
    if (!user) return;
    for (const letter of this.outbox.open(user)) this.own(letter.room).show(letter);
  }

  // reauthenticate brings another token in: in place for the same user, else by starting anew.
  private async reauthenticate(): Promise<void> {
    try {
      const { sub } = claims(await this.tokens.get());
      const same = this.user && sub === this.user.id;
      if (this.link.online && same) return await this.link.refresh(this.tokens.current);
      if (!same) this.forget();
      this.link.restart();
    } catch (error) {
      this.error(asChatError(error));
    }
  }

  // forget is for another user's turn.
  private forget(): void {
    this.user = undefined;
    this.outbox.close();
    const rooms = this.all();
    this.open.clear();
    this.told.clear();
    this.twins = [];
    for (const room of rooms) {
      room.reset();
      if (room.held) this.open.set(room.id, room); // twins are two again
    }
    this.list = undefined;
    this.events.emit('rooms', []);
  }

  private own(id: string): ChatRoom {
    let room = this.open.get(id);
    if (!room) this.open.set(id, (room = new ChatRoom(id, this)));
    return room;
  }

  private all(): ChatRoom[] {
    return [...new Set([...this.open.values(), ...this.twins])];
  }
}

// ownStorage is the page's; a browser may forbid even to look at it.
function ownStorage(): api.KeyValueStore | null {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null;
  }
}

// loaded is a part that was asked for, or an error like any other.
function loaded<T>(part: Promise<T>): Promise<T> {
  return part.catch((error: Error) => {
    throw chatError('offline', error.message);
  });
}
