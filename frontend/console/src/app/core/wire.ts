/** What the HTTP API answers, as far as the console uses it: see the server's /api/docs. */

export type Role = 'guest' | 'user' | 'agent' | 'admin';
export const roles: readonly Role[] = ['guest', 'user', 'agent', 'admin'];

export interface Account {
  _id: string;
  username?: string;
  name: string;
  email: string;
  role: Role;
  createdAt: string;
}

/** A user as administrators see one. */
export interface AdminUser extends Account {
  blocked: boolean;
  /** Whether there is an account here; the others come with tokens from outside. */
  account: boolean;
}

export type State = 'bot' | 'waiting' | 'assigned' | 'resolved';

export interface Said {
  id: number;
  date: string;
  content: string;
  author: 'CUS' | 'AGE';
  bot?: boolean;
}

export interface Conversation {
  uuid: string;
  room: string;
  kind: 'customer' | 'assistant' | 'session';
  name: string;
  email: string;
  user: string | null;
  state: State;
  reason: string;
  agent: string | null;
  created: string;
  updated: string;
  unread: number;
  last_message: Said | null;
  position?: number;
  waitSeconds?: number;
}

export interface Items<T> {
  items: T[];
  count: number;
}

export interface Note {
  id: string;
  author: string;
  content: string;
  createdAt: string;
}

export interface RoomMessage {
  _id: string;
  room: string;
  seq: number;
  senderUser: string;
  message: string;
  messageType: string;
  files: string[];
  status: string;
  editedAt?: string;
  createdAt: string;
}

export interface AdminRoom {
  _id: string;
  name: string;
  kind: 'group' | 'assistant' | 'session' | 'customer';
  participants: string[];
  participantCount: number;
  creator: string;
  visibility: 'private' | 'public';
  seq: number;
  lastMessage: RoomMessage | null;
  createdAt: string;
  updatedAt: string;
}

export interface Chatbot {
  chatbot_id: string;
  name: string;
  /** Left out for who may not see it: without the master key, where there is one. */
  prompt?: string;
  model?: string;
  url?: string;
  hasKey?: boolean;
  createdAt?: string;
  updatedAt?: string;
}

export interface ChatbotDocument {
  document_id: string;
  name: string;
  size: number;
  chunks: number;
  created_at: string;
}

export interface Webhook {
  id: string;
  url: string;
  events: string[];
  createdAt: string;
  secret?: string;
}

export interface Delivery {
  id: string;
  webhook: string;
  room: string;
  event: string;
  attempts: number;
  problem: string;
  createdAt: string;
}

export interface Act {
  _id: string;
  at: string;
  actor: string;
  act: string;
  room?: string;
  user?: string;
  message?: string;
  detail?: Record<string, string>;
}

export interface Figures {
  version: string;
  startedAt: string;
  connections: { socketio: number; tokenStream: number; sessions: number };
  users: { online: number };
  conversations: Record<State, number>;
  agents: string[];
  memoryBytes: number;
  goroutines: number;
  messagesPerSecond?: number;
}
