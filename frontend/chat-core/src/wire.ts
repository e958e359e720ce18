/** The shapes of the wire that this client reads, and how they become its own. */
import type { ChatMessage, RoomInfo } from './types.js';

/** A message, as an event (`sender`, `contentType`) or as a row of a list. */
export interface MessageWire {
  _id: string;
  room: string;
  seq: number;
  cursor: string;
  sender?: string;
  senderUser?: string;
  message?: string;
  contentType?: ChatMessage['contentType'];
  messageType?: ChatMessage['contentType'];
  files?: string[];
  readBy?: string[];
  replyTo?: string;
  nonce?: string;
  status?: 'complete' | 'streaming' | 'interrupted' | 'cancelled' | 'failed';
  editedAt?: string;
  createdAt?: string;
  deleted?: boolean;
}

export interface RoomWire extends Omit<RoomInfo, 'id' | 'lastMessage'> {
  _id: string;
  seq: number;
  lastMessage: MessageWire | null;
}

export interface ReceiptWire {
  messageId: string;
  seq: number;
  cursor: string;
  createdAt: string;
}

export interface HistoryWire {
  messages: MessageWire[];
  more: boolean;
}

export interface SyncWire {
  messages?: MessageWire[];
  cursor?: string;
  more?: boolean;
  resync?: boolean;
  gone?: boolean;
}

export interface ReadyWire {
  user: { _id: string; name: string; role: 'guest' | 'user' | 'agent' | 'admin' };
  rooms: Record<string, string>;
}

/** The argument of any event that names a room: each has some of these. */
export interface EventWire extends Partial<Omit<MessageWire, 'room'>> {
  room: string;
  roomName?: string;
  messageId?: string;
  token?: string;
  offset?: number;
  user?: string;
  typing?: boolean;
  online?: boolean;
  state?: 'bot' | 'waiting' | 'assigned' | 'resolved';
  position?: number;
  waitSeconds?: number;
  sources?: ChatMessage['sources'];
}

/** Makes cursors of one room comparable; of another epoch the server says `resync`. */
export const version = (cursor: string): number => Number(cursor.slice(cursor.lastIndexOf(':') + 1));

/** What cursors of one database have in common. */
export const epoch = (cursor: string): string => cursor.slice(0, cursor.lastIndexOf(':'));

/** Whether a cursor is further on than another, which may be none. */
export const newer = (a: string, b: string): boolean => epoch(a) !== epoch(b) || version(a) > version(b);
