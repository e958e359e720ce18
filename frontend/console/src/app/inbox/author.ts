import { ChatMessage } from '@parley/chat-core';

/** Who wrote a message of a customer's room, as an agent sees it; `creator` and `user` are the customer. */
export function author(m: ChatMessage, creator?: string, user?: string): 'customer' | 'agent' | 'bot' | 'system' {
  if (m.contentType === 'system' || m.role === 'system') {
    return 'system';
  }
  if (m.role === 'assistant' || m.sender.startsWith('bot:')) {
    return 'bot';
  }
  if (m.own) {
    return 'agent';
  }
  if (creator !== undefined) {
    return m.sender === creator || m.sender === user ? 'customer' : 'agent';
  }
  return m.role === 'agent' ? 'agent' : 'customer';
}
