/** `@parley/angular`: what an Angular application needs to chat through a Parley server. */
export { ChatService } from './service/chat.service';
export { ChatRoom, type SendOptions } from './service/chat-room';
export { PARLEY_CLIENT } from './service/client';
export { provideParley, type ParleyOptions } from './service/provide';
export { ChatPanel } from './panel/chat-panel';
export { PARLEY_TEXTS, ENGLISH, type ParleyTexts } from './panel/texts';
export type {
  ChatError,
  ChatMessage,
  Client,
  Connection,
  ConversationState,
  MessageStatus,
  Role,
  RoomInfo,
  Source,
  TokenSource,
  User,
} from '@parley/chat-core';
