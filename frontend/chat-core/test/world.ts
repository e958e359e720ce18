/** Clients for a test, closed behind it. */
import { afterAll, afterEach, beforeAll } from 'vitest';

import { type ChatMessage, type Client, type ClientOptions, createClient, type Room } from '../src/index.js';
import { Server, token, until } from './server.js';

export interface World {
  server: Server;
  /** A connected client. */
  client(user: string, options?: Partial<ClientOptions>): Promise<Client>;
  /** One that has yet to connect. */
  idle(user: string, options?: Partial<ClientOptions>): Client;
  /** A name that no other test uses. */
  name(user: string): string;
}

/** One server for a file of tests. */
export function world(environment: Record<string, string> = {}): World {
  const clients: Client[] = [];
  let count = 0;
  const w: World = {
    server: undefined as unknown as Server,
    idle: (user, options = {}) => {
      const client = createClient({ url: w.server.url, token: token(user), storage: null, ...options });
      clients.push(client);
      return client;
    },
    client: async (user, options = {}) => {
      const client = w.idle(user, options);
      client.connect();
      await online(client);
      return client;
    },
    name: (user) => `${user}-${++count}`,
  };
  beforeAll(async () => {
    w.server = await Server.start(environment);
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
  });
  afterAll(() => w.server.stop());
  return w;
}

export const online = (client: Client): Promise<unknown> => until(() => client.connection === 'online', 'a connection');

export const texts = (room: Room): string[] => room.messages.map((m) => m.text);

export const statuses = (room: Room): string[] => room.messages.map((m) => m.status);

export const last = (room: Room): ChatMessage | undefined => room.messages.at(-1);

/** What the server has of a room, oldest first. */
export async function stored(client: Client, room: string): Promise<{ _id: string; message: string; seq: number }[]> {
  const path = `chat/messages?roomId=${room}&limit=200`;
  return (
    await client.http<{ messages: { _id: string; message: string; seq: number }[] }>('GET', path)
  ).messages.reverse();
}
