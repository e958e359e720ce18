/** What a client of Parley is made of: the types that pages and their tests share. */

/** A token, or what gives one: called again whenever the server refuses the last. */
export type TokenSource = string | (() => string | Promise<string>);

/** Where what must outlive a reload is kept. `localStorage` is one. */
export interface KeyValueStore {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

export interface ClientOptions {
  /** The server, with its path prefix if it stands behind one; the page's origin by default. */
  url?: string;
  token: TokenSource;
  /** Keeps what is not sent yet; `localStorage` where there is one, null for nothing. */
  storage?: KeyValueStore | null;
}

/** Whether the server can be reached. `refused` does not come back by itself: the token is none, or its user blocked. */
export type Connection = 'idle' | 'connecting' | 'online' | 'offline' | 'draining' | 'refused' | 'closed';

/** How far a message has come. The first three are the sender's own, before the server has it. */
export type MessageStatus = 'pending' | 'queued' | 'failed' | 'complete' | 'streaming' | 'interrupted' | 'cancelled';

export type Role = 'user' | 'assistant' | 'agent' | 'system';

export interface Source {
  document: string;
  passage: string;
}

export interface ChatMessage {
  /** The server's id, or the nonce while it has none. Use `key` to tell messages apart in a list: it never changes. */
  id: string;
  key: string;
  room: string;
  /** Place in the room; 0 while the server has not given one. */
  seq: number;
  sender: string;
  /** Whether the client's own user sent it. */
  own: boolean;
  role: Role;
  text: string;
  contentType: 'text' | 'file' | 'multimedia' | 'system';
  files: string[];
  replyTo?: string;
  status: MessageStatus | 'failed-reply';
  /** Why it failed, for people. */
  error?: string;
  sources?: Source[];
  edited: boolean;
  createdAt: Date;
  /** Ids of those who have read it, in small rooms. */
  readBy: string[];
}

/** Who a conversation is with. `none` where nobody asked for a person yet. */
export interface ConversationState {
  state: 'none' | 'bot' | 'waiting' | 'assigned' | 'resolved';
  /** Place in the queue and seconds waited so far, while it waits. */
  position?: number;
  waitSeconds?: number;
}

export interface RoomInfo {
  id: string;
  name: string;
  kind: 'group' | 'assistant' | 'session' | 'customer';
  unread: number;
  participants: string[];
  participantCount: number;
  creator: string;
  visibility: 'private' | 'public';
  lastMessage?: ChatMessage;
}

export interface User {
  id: string;
  username?: string;
  name: string;
  email: string;
  role: 'guest' | 'user' | 'agent' | 'admin';
}

/** An error of the server's, or of the way to it (`offline`, `timeout`). */
export interface ChatError extends Error {
  code: string;
  retryAfterMs?: number;
}

export interface UploadedFile {
  id: string;
  name: string;
  type: string;
  size: number;
}

/** What a client tells. Every handler gets one argument. */
export interface ClientEvents {
  connection: Connection;
  /** The server's `ready`: who one is. */
  ready: User;
  /** The list of rooms, or an unread count, has changed. */
  rooms: RoomInfo[];
  /** A message came into any room, for previews and badges; once each, live ones alone. */
  message: ChatMessage;
  error: ChatError;
  /** Agents' news: see the protocol. */
  'conversation-updated': { uuid: string; room: string; state: string; agent: string; reason: string };
  'conversation-deleted': { uuid: string; room: string };
  'conversation-note': {
    uuid: string;
    room: string;
    note: { id: string; author: string; content: string; createdAt: string };
  };
}

export interface RoomEvents {
  /** The messages have changed; the list is a new one each time, its unchanged messages are the same objects. */
  messages: readonly ChatMessage[];
  typing: readonly string[];
  online: readonly string[];
  state: ConversationState;
  /** Somebody's read position. */
  read: { user: string; seq: number };
  /** The room is gone, or one is out of it. */
  gone: void;
}

export type Unsubscribe = () => void;

/** A connection to one server, as one user. */
export interface Client {
  readonly connection: Connection;
  readonly user: User | undefined;
  readonly rooms: readonly RoomInfo[];
  on<K extends keyof ClientEvents>(event: K, handler: (value: ClientEvents[K]) => void): Unsubscribe;
  /** Connects, and stays connected until `close`. Safe to call again. */
  connect(): void;
  close(): void;
  /** Replaces the token source: the same user is refreshed in place, another one starts anew. */
  setToken(token: TokenSource): void;
  /** The room; `me`, the default, is one's own conversation with the assistant. The same object each time. */
  room(id?: string): Room;
  /** Reads the list of rooms. */
  loadRooms(): Promise<readonly RoomInfo[]>;
  createRoom(name: string, users: string[], visibility?: 'private' | 'public'): Promise<string>;
  /** Calls the HTTP side with the token: JSON in, JSON out, ChatError on refusals. */
  http<T>(method: string, path: string, body?: unknown): Promise<T>;
  upload(file: Blob, name: string, progress?: (fraction: number) => void, signal?: AbortSignal): Promise<UploadedFile>;
  /** A file that was posted in a room of one's own. `type` is what the bytes are. */
  download(id: string, signal?: AbortSignal): Promise<Blob>;
}

/** One room, kept whole and in order: what is stored, what streams, and what is not sent yet. */
export interface Room {
  readonly id: string;
  readonly messages: readonly ChatMessage[];
  readonly typing: readonly string[];
  readonly online: readonly string[];
  readonly state: ConversationState;
  /** Whether there are older messages to load. */
  readonly more: boolean;
  readonly loaded: boolean;
  on<K extends keyof RoomEvents>(event: K, handler: (value: RoomEvents[K]) => void): Unsubscribe;
  /** Reads the newest messages; from then on they are kept up to date, also through reconnects. */
  load(): Promise<void>;
  /** Keeps it up to date no longer: the list is empty, but for what is not sent yet, until `load` reads it anew. */
  unload(): void;
  loadOlder(): Promise<void>;
  /** Shows the message at once, and sends it as soon as that can be, once: with a nonce, over reloads too. Returns its key. */
  send(text: string, options?: { files?: string[]; replyTo?: string }): string;
  /** Sends a failed message again, or forgets it. */
  retry(key: string): void;
  discard(key: string): void;
  edit(id: string, text: string): Promise<void>;
  remove(id: string): Promise<void>;
  /** Stops the reply that is being written, if one is. */
  stop(): Promise<void>;
  /** Says that the user types; called at every key, it sends what is needed. */
  type(): void;
  /** Everything up to the newest message, or to seq, was read. */
  read(seq?: number): void;
  escalate(reason?: string): Promise<void>;
  /** Clears the history: of one's own conversation alone. */
  clear(): Promise<void>;
}
