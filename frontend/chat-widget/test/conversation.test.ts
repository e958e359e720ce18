import type { ChatMessage, Client, Room } from '@parley/chat-core';
import { describe, expect, it, vi } from 'vitest';
import { Conversation } from '../src/session/conversation';
import { message } from './messages';

/** A client that does what the test says. */
function world() {
  const handlers = new Map<string, (value: unknown) => void>();
  const on = (event: string, handler: (value: never) => void) => {
    handlers.set(event, handler as (value: unknown) => void);
    return () => handlers.delete(event);
  };
  const room = { id: 'me', messages: [] as ChatMessage[], state: { state: 'none' }, loaded: false, on, read: vi.fn() };
  const client = {
    connection: 'online',
    user: { id: 'me' },
    rooms: [],
    on,
    room: () => room,
    connect: vi.fn(),
    close: vi.fn(),
  };
  const arrived: number[] = [];
  const conversation = new Conversation(client as unknown as Client, 'me', {
    changed: () => undefined,
    connected: () => undefined,
    arrived: (m) => arrived.push(m.seq),
    state: () => undefined,
    failed: () => undefined,
  });
  const show = (...messages: ChatMessage[]) => {
    room.messages = messages;
    handlers.get('messages')?.(messages);
  };
  return { room: room as typeof room & Partial<Room>, handlers, arrived, conversation, show };
}

describe('Conversation', () => {
  it('tells of messages that come after the history, each once, when they are whole', () => {
    const { room, arrived, show } = world();
    show(message({ seq: 1 }));
    room.loaded = true;
    show(message({ seq: 1 }));
    expect(arrived).toEqual([]);
    show(message({ seq: 1 }), message({ seq: 0, status: 'streaming' }));
    show(message({ seq: 1 }), message({ seq: 2 }), message({ seq: 3 }));
    show(message({ seq: 1 }), message({ seq: 2 }), message({ seq: 3 }));
    expect(arrived).toEqual([2, 3]);
  });

  it('counts what others wrote and nobody has seen here or elsewhere', () => {
    const { room, conversation, show } = world();
    room.loaded = true;
    show(
      message({ seq: 1, readBy: ['me'] }),
      message({ seq: 2, own: true }),
      message({ seq: 3 }),
      message({ seq: 4, text: 'news' }),
      message({ seq: 0, status: 'streaming' }),
    );
    expect(conversation.unread).toBe(2);
    expect(conversation.preview?.text).toBe('news');
    conversation.read();
    conversation.read();
    expect(conversation.unread).toBe(0);
    expect(room.read).toHaveBeenCalledExactlyOnceWith(4);
  });

  it('lets go of everything when it is closed', () => {
    const { conversation, handlers } = world();
    conversation.close();
    expect(handlers.size).toBe(0);
  });
});
