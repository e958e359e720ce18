import type { ChatMessage, Client, ClientEvents, Room, RoomEvents } from '@parley/chat-core';

type Handlers<E> = { [K in keyof E]?: Set<(value: E[K]) => void> };

/** Handlers by event, as chat-core keeps them. */
class Events<E> {
  private readonly handlers: Handlers<E> = {};

  on<K extends keyof E>(event: K, handler: (value: E[K]) => void): () => void {
    const handlers = (this.handlers[event] ??= new Set());
    handlers.add(handler);
    return () => handlers.delete(handler);
  }

  tell<K extends keyof E>(event: K, value: E[K]): void {
    this.handlers[event]?.forEach((handler) => handler(value));
  }

  get listeners(): number {
    return Object.values(this.handlers).reduce((sum: number, set) => sum + ((set as Set<unknown>)?.size ?? 0), 0);
  }
}

export function message(part: Partial<ChatMessage> & { key: string }): ChatMessage {
  return {
    id: part.key,
    room: 'r1',
    seq: 0,
    sender: 'me',
    own: true,
    role: 'user',
    text: '',
    contentType: 'text',
    files: [],
    status: 'complete',
    edited: false,
    createdAt: new Date(2026, 0, 2, 12),
    readBy: [],
    ...part,
  };
}

/** A room that does what a test says. */
export class FakeRoom {
  readonly events = new Events<RoomEvents>();
  readonly calls: string[] = [];
  messages: readonly ChatMessage[] = [];
  typing: readonly string[] = [];
  online: readonly string[] = [];
  state: Room['state'] = { state: 'none' };
  more = false;
  loaded = false;

  constructor(readonly id: string) {}

  on: Room['on'] = (event, handler) => this.events.on(event, handler);

  /** The list is now this. */
  show(...messages: ChatMessage[]): void {
    this.messages = messages;
    this.events.tell('messages', messages);
  }

  async load(): Promise<void> {
    this.calls.push('load');
    this.loaded = true;
  }

  unload(): void {
    this.calls.push('unload');
    this.loaded = false;
    this.show();
  }

  async loadOlder(): Promise<void> {
    this.calls.push('loadOlder');
    this.more = false;
  }

  send(text: string): string {
    this.calls.push(`send ${text}`);
    this.show(...this.messages, message({ key: 'n1', text, status: 'pending' }));
    return 'n1';
  }

  retry = (key: string): void => void this.calls.push(`retry ${key}`);
  discard = (key: string): void => void this.calls.push(`discard ${key}`);
  type = (): void => void this.calls.push('type');
  read = (seq?: number): void => void this.calls.push(`read ${seq}`);
  edit = async (id: string, text: string): Promise<void> => void this.calls.push(`edit ${id} ${text}`);
  remove = async (id: string): Promise<void> => void this.calls.push(`remove ${id}`);
  stop = async (): Promise<void> => void this.calls.push('stop');
  clear = async (): Promise<void> => void this.calls.push('clear');
  escalate = async (reason?: string): Promise<void> => void this.calls.push(`escalate ${reason}`);
}

/** A client without a server. */
export class FakeClient {
  readonly events = new Events<ClientEvents>();
  readonly made = new Map<string, FakeRoom>();
  connection: Client['connection'] = 'idle';
  user: Client['user'];
  rooms: Client['rooms'] = [];
  connects = 0;
  token: unknown;

  on: Client['on'] = (event, handler) => this.events.on(event, handler);

  connect(): void {
    this.connects++;
  }

  turn(connection: Client['connection']): void {
    this.connection = connection;
    this.events.tell('connection', connection);
  }

  setToken(token: unknown): void {
    this.token = token;
  }

  room(id = 'me'): FakeRoom {
    const room = this.made.get(id) ?? new FakeRoom(id);
    this.made.set(id, room);
    return room;
  }
}
