import type { ChatMessage } from '@parley/chat-core';

/** A finished message of the assistant's, but for what is given. */
export function message(parts: Partial<ChatMessage>): ChatMessage {
  const id = `m${parts.seq ?? 1}`;
  return {
    id,
    key: id,
    room: 'me',
    seq: 1,
    sender: 'bot:default',
    own: false,
    role: 'assistant',
    text: 'text',
    contentType: 'text',
    files: [],
    status: 'complete',
    edited: false,
    createdAt: new Date(2026, 4, 5, 12),
    readBy: [],
    ...parts,
  };
}
