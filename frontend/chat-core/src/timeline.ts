import type { ChatMessage, Role } from './types.js';
import { type EventWire, type MessageWire, type ReceiptWire, version } from './wire.js';

interface Entry {
  view: ChatMessage;
  /** The room's version at the message's last change: of two tales the higher one holds. */
  version: number;
  deleted?: boolean;
  /** Where it stands while it has no `seq`. */
  place: number;
}

/** Who the messages are looked at by. */
export interface Viewer {
  room(): string;
  user(): string;
  loaded(): boolean;
  role(sender: string, contentType: ChatMessage['contentType']): Role;
}

const pendingPlace = Number.MAX_SAFE_INTEGER - 2;
const streamPlace = Number.MAX_SAFE_INTEGER - 1;

/** The messages of one room: stored ones by `seq`, then what is not sent yet, then what streams. */
export class Timeline {
  /** By the server's id, or the nonce of what has none yet. */
  private readonly entries = new Map<string, Entry>();
  /** How far each user has read. */
  private readonly readers = new Map<string, number>();
  /** Changes of messages that are not here: for a page of history that is on its way. */
  private readonly early = new Map<string, EventWire>();
  private list: readonly ChatMessage[] | undefined;

  constructor(
    private readonly viewer: Viewer,
    private readonly changed: () => void,
  ) {}

  get messages(): readonly ChatMessage[] {
    return (this.list ??= [...this.entries.values()]
      .filter((e) => !e.deleted)
      .sort((a, b) => place(a) - place(b))
      .map((e) => e.view));
  }

  /** The first and last `seq`, 0 if there is none. */
  get oldest(): number {
    return this.stored()[0]?.seq ?? 0;
  }

  get newest(): number {
    return this.stored().at(-1)?.seq ?? 0;
  }

  /** The reply that is being written. */
  get streaming(): ChatMessage | undefined {
    return this.messages.filter((m) => m.status === 'streaming').at(-1);
  }

  has(id: string | undefined): boolean {
    return id !== undefined && this.entries.has(id);
  }

  find(id: string): ChatMessage | undefined {
    return this.entries.get(id)?.view;
  }

  readUpTo(user: string): number {
    return this.readers.get(user) ?? 0;
  }

  /** A message as the server has it. */
  put(m: MessageWire): void {
    const known = this.claim(m);
    const at = version(m.cursor);
    if (known && known.version >= at) {
      for (const user of m.readBy ?? []) this.read(user, m.seq);
      return;
    }
    const entry: Entry = { view: this.view(m, known?.view), version: at, deleted: m.deleted, place: 0 };
    this.entries.set(m._id, entry);
    const change = this.early.get(m._id);
    if (change) {
      this.early.delete(m._id);
      this.change(m._id, change);
    }
    this.touch();
    for (const user of m.readBy ?? []) this.read(user, m.seq);
  }

  /** An edit, a deletion (`deleted`), or the end of a stream. */
  change(id: string, e: EventWire): void {
    const entry = this.entries.get(id);
    const at = version(e.cursor ?? '');
    if (!entry) {
      if (at > version(this.early.get(id)?.cursor ?? '')) this.early.set(id, e);
      return;
    }
    if (at < entry.version) return;
    entry.version = at;
    entry.deleted ||= e.deleted;
    const { message: text = entry.view.text, sources = entry.view.sources } = e;
    entry.view = { ...entry.view, text, sources, edited: entry.view.edited || Boolean(e.editedAt) };
    this.touch();
  }

  /** A reply begins, or is told of again; one that has ended does not. */
  start(id: string): void {
    if (this.entries.has(id)) return;
    const view = this.view({
      _id: id,
      room: this.viewer.room(),
      seq: 0,
      cursor: '',
      sender: 'bot:',
      status: 'streaming',
    });
    this.entries.set(id, { view, version: 0, place: streamPlace });
    this.touch();
  }

  /** A piece of a reply, placed by its offset: what is there already does not change it. */
  token(id: string, token: string, offset: number): void {
    const entry = this.entries.get(id);
    if (entry?.view.status !== 'streaming') return;
    const { text } = entry.view;
    if (offset > text.length || offset + token.length <= text.length) return;
    entry.view = { ...entry.view, text: text.slice(0, offset) + token };
    this.touch();
  }

  /** One's own message, before the server has it. */
  add(nonce: string, m: Pick<MessageWire, 'message' | 'files' | 'replyTo' | 'contentType'>, at: Date): void {
    if (this.entries.has(nonce)) return;
    const room = this.viewer.room();
    const view = this.view({ ...m, _id: nonce, room, seq: 0, cursor: '', sender: this.viewer.user() });
    this.entries.set(nonce, { view: { ...view, own: true, createdAt: at }, version: -1, place: pendingPlace });
    this.touch();
  }

  /** What has become of one's own message: it waits, is on its way, or was refused. */
  mark(nonce: string, status: 'pending' | 'queued' | 'failed', error?: string): void {
    const entry = this.entries.get(nonce);
    if (!entry || entry.version >= 0 || (entry.view.status === status && entry.view.error === error)) return;
    entry.view = { ...entry.view, status, error };
    // What was refused stays where it was said, what is yet to be sent stays last.
    entry.place = status === 'failed' && this.viewer.loaded() ? this.newest + 0.5 : pendingPlace;
    this.touch();
  }

  /** The server has one's own message. */
  confirm(nonce: string, { messageId: _id, seq, cursor, createdAt }: ReceiptWire): void {
    const v = this.entries.get(nonce)?.view;
    if (!v) return;
    const { text: message, files, replyTo, contentType, room } = v;
    this.put({ _id, room, seq, cursor, createdAt, nonce, message, files, replyTo, contentType, sender: this.viewer.user() });
  }

  /** Forgets a message that is not stored. */
  drop(id: string): void {
    this.entries.delete(id);
    this.touch();
  }

  /** Forgets all but what is not sent yet, and, if asked to, what streams. */
  clear(keepStreams = false): void {
    for (const [id, { version: at }] of this.entries) if (at > 0 || (at === 0 && !keepStreams)) this.entries.delete(id);
    this.early.clear();
    this.touch();
  }

  /** Forgets replies that were being written: the next session tells of them anew. */
  clearStreams(): void {
    for (const [id, { version: at }] of this.entries) if (at === 0) this.entries.delete(id);
    this.touch();
  }

  /** Forgets all, for another user. */
  reset(): void {
    this.entries.clear();
    this.early.clear();
    this.readers.clear();
    this.touch();
  }

  read(user: string, seq: number): void {
    const before = this.readUpTo(user);
    if (seq <= before) return;
    this.readers.set(user, seq);
    for (const entry of this.entries.values()) {
      const { view } = entry;
      if (view.seq <= before || view.seq > seq || view.sender === user) continue;
      entry.view = { ...view, readBy: [...view.readBy, user] };
      this.touch();
    }
  }

  /** Tells again who is who, once the room's kind is known. */
  recast(): void {
    for (const entry of this.entries.values()) {
      const role = this.viewer.role(entry.view.sender, entry.view.contentType);
      const room = this.viewer.room();
      if (role === entry.view.role && room === entry.view.room) continue;
      entry.view = { ...entry.view, role, room };
      this.touch();
    }
  }

  /** A message that is in no list, for who is only told of it. */
  view(m: MessageWire, known?: ChatMessage): ChatMessage {
    const sender = m.sender ?? m.senderUser ?? known?.sender ?? '';
    const contentType = m.contentType ?? m.messageType ?? known?.contentType ?? 'text';
    return {
      id: m._id,
      key: known?.key ?? m._id,
      room: m.room,
      seq: m.seq,
      sender,
      own: sender === this.viewer.user(),
      role: this.viewer.role(sender, contentType),
      text: m.message ?? '',
      contentType,
      files: m.files ?? [],
      replyTo: m.replyTo,
      status: m.status === 'failed' ? 'failed-reply' : (m.status ?? 'complete'),
      sources: known?.sources,
      edited: Boolean(m.editedAt),
      createdAt: m.createdAt ? new Date(m.createdAt) : (known?.createdAt ?? new Date()),
      readBy: [...this.readers]
        .filter(([user, seq]) => m.seq > 0 && seq >= m.seq && user !== sender)
        .map(([user]) => user),
    };
  }

  // claim takes what a stored message replaces: itself, or one's own that was shown before, perhaps before it was known
  // who one is.
  private claim(m: MessageWire): Entry | undefined {
    const known = this.entries.get(m._id);
    const own = m.nonce === undefined ? undefined : this.entries.get(m.nonce);
    if (!own || own.version >= 0 || (m.sender ?? m.senderUser) !== this.viewer.user()) return known;
    this.entries.delete(own.view.id);
    this.touch();
    return known ?? own;
  }

  private stored(): readonly ChatMessage[] {
    return this.messages.filter((m) => m.seq > 0);
  }

  /** Makes the list a new one. */
  touch(): void {
    this.list = undefined;
    this.changed();
  }
}

const place = (e: Entry): number => e.view.seq || e.place;
