import { expect, test, vi } from 'vitest';

import type { ChatMessage, RoomInfo } from '../src/index.js';
import { Proxy, token, until } from './server.js';
import { last, online, texts, world } from './world.js';

const w = world();

async function pair() {
  const [a, b] = [w.name('ann'), w.name('bob')];
  const bobs = await w.client(b);
  const anns = await w.client(a);
  const id = await anns.createRoom('Talk', [b]);
  const [ann, bob] = [anns.room(id), bobs.room(id)];
  await Promise.all([ann.load(), bob.load()]);
  return { a, b, anns, bobs, ann, bob, id };
}

test('typing is told, and ends with the message', async () => {
  const { a, ann, bob } = await pair();
  const told: (readonly string[])[] = [];
  bob.on('typing', (users) => told.push(users));
  for (let i = 0; i < 20; i++) ann.type();
  await until(() => bob.typing.includes(a), 'the typing');
  expect(ann.typing).toEqual([]);
  ann.send('done');
  await until(() => bob.typing.length === 0 && bob.messages.length === 1, 'its end');
  expect(told).toEqual([[a], []]);
});

test('typing ends by itself after a silence', async () => {
  const { a, ann, bob } = await pair();
  ann.type();
  await until(() => bob.typing.includes(a), 'the typing');
  const began = Date.now();
  await until(() => bob.typing.length === 0, 'its end');
  expect(Date.now() - began).toBeGreaterThan(3000);
  expect(Date.now() - began).toBeLessThan(5500);
});

test('what is read is told, and read stays read', async () => {
  const { a, b, ann, bob } = await pair();
  const told: unknown[] = [];
  ann.on('read', (r) => told.push(r));
  for (const text of ['one', 'two', 'three']) ann.send(text);
  await until(() => bob.messages.length === 3, 'the messages');
  bob.read(2);
  await until(() => ann.messages[1].readBy.includes(b), 'the first two to be read');
  expect(ann.messages.map((m) => m.readBy)).toEqual([[b], [b], []]);
  bob.read(1);
  bob.read();
  bob.read();
  await until(() => last(ann)?.readBy.includes(b), 'all to be read');
  expect(told).toContainEqual({ user: b, seq: 3 });
  expect(told.filter((r) => (r as { user: string }).user === b)).toHaveLength(2);
  // Who comes later sees the same.
  const late = await w.client(a);
  const room = late.room(ann.id);
  await room.load();
  expect(room.messages.map((m) => m.readBy)).toEqual([[b], [b], [b]]);
});

test('what was read while one was away is seen', async () => {
  const { a, b, bob, id } = await pair();
  const proxy = await new Proxy(w.server.port).open();
  const away = await w.client(a, { url: proxy.url });
  const room = away.room(id);
  await room.load();
  room.send('one');
  await until(() => bob.messages.length === 1 && last(room)?.seq, 'the message');
  proxy.closed = true;
  proxy.cut();
  await until(() => away.connection === 'offline', 'the cut');
  await w.server.kill();
  await w.server.start();
  await until(() => bob.loaded, 'bob');
  bob.read();
  await until(async () => (await late()).includes(b), 'the reading to be stored');
  proxy.closed = false;
  await until(() => last(room)?.readBy.includes(b), 'the news');
  proxy.close();

  async function late(): Promise<string[]> {
    const client = await w.client(a);
    await client.room(id).load();
    const readBy = last(client.room(id))?.readBy ?? [];
    client.close();
    return readBy;
  }
});

test('presence: who is there, comes and goes', async () => {
  const { a, b, bobs, ann } = await pair();
  await until(() => [a, b].every((u) => ann.online.includes(u)), 'both');
  bobs.close();
  await until(() => !ann.online.includes(b), 'bob to be gone', 20_000);
  expect(ann.online).toEqual([a]);
});

test('the list of rooms: unread, last messages, order, joining, leaving', async () => {
  const { a, anns, bobs, ann, bob, id } = await pair();
  const lists: RoomInfo[][] = [];
  bobs.on('rooms', (rooms) => lists.push(rooms));
  const other = await anns.createRoom('Other', [bobs.user!.id]);
  await bobs.loadRooms();
  expect(bobs.rooms.map((r) => r.id)).toEqual([other, id]);
  const heard: ChatMessage[] = [];
  bobs.on('message', (m) => heard.push(m));
  ann.send('one');
  ann.send('two');
  await until(() => bobs.rooms[0]?.unread === 2, 'the count');
  expect(bobs.rooms[0]).toMatchObject({ id, name: 'Talk', kind: 'group', unread: 2, creator: a, participantCount: 2 });
  expect(bobs.rooms[0].lastMessage?.text).toBe('two');
  expect(heard.map((m) => m.text)).toEqual(['one', 'two']);
  await until(() => texts(bob).length === 2, 'the messages');
  bob.read();
  await until(() => bobs.rooms[0].unread === 0, 'nothing unread');
  // An unread message of another page, and what the server counts, are the same.
  ann.send('three');
  await until(() => bobs.rooms[0].unread === 1, 'the third');
  const page = await w.client(bobs.user!.id);
  expect((await page.loadRooms())[0]).toMatchObject({ id, unread: 1 });
  page.room(id).read(3);
  await until(() => bobs.rooms[0].unread === 0, 'what is read elsewhere');
  const third = await anns.createRoom('Third', [bobs.user!.id]);
  await until(() => bobs.rooms[0].id === third, 'the new room');
  await bobs.http('PUT', `chat/leave/${third}`);
  await until(() => bobs.rooms.every((r) => r.id !== third), 'the leaving');
  await anns.http('DELETE', `chat/rooms/${id}`);
  await until(() => bobs.rooms.length === 1, 'the deletion');
  expect(lists.length).toBeGreaterThan(4);
});

test('the conversation with the assistant goes to a person and back', async () => {
  const name = w.name('cy');
  const customer = await w.client(name);
  const room = customer.room();
  await room.load();
  room.send('hello');
  await until(() => last(room)?.role === 'assistant' && last(room)?.status === 'complete', 'the bot');
  const agent = await w.client(w.name('eve'), { token: token(w.name('eve'), { role: 'agent' }) });
  const news: string[] = [];
  agent.on('conversation-updated', (c) => c.room === room.id && news.push(c.state));
  const states: string[] = [];
  room.on('state', (s) => states.push(s.state));
  expect(room.state.state).toBe('none');
  await room.escalate('it talks in circles');
  await until(() => room.state.state === 'waiting', 'the queue');
  expect(room.state.waitSeconds).toBe(0);
  await until(() => news.includes('waiting'), 'the news');
  const inbox = await agent.http<{ items: { uuid: string; room: string }[] }>('GET', 'api/conversation/?state=waiting');
  const { uuid } = inbox.items.find((c) => c.room === room.id)!;
  await agent.http('POST', `api/conversation/${uuid}/claim`);
  await until(() => room.state.state === 'assigned', 'the agent');
  const theirs = agent.room(room.id);
  await theirs.load();
  expect(theirs.messages.map((m) => m.role)).toEqual(['user', 'assistant']);
  theirs.send('How can I help?');
  await until(() => last(room)?.text === 'How can I help?', 'the answer');
  expect(last(room)).toMatchObject({ role: 'agent', own: false });
  await until(() => last(theirs)?.status === 'complete', 'the ack');
  expect(last(theirs)).toMatchObject({ role: 'agent', own: true });
  // Who reconnects is told the state again.
  const page = await w.client(name);
  await page.room().load();
  await until(() => page.room().state.state === 'assigned', 'the state');
  await agent.http('POST', `api/conversation/${uuid}/handback`);
  await until(() => room.state.state === 'bot', 'the bot again');
  expect(states).toEqual(['waiting', 'assigned', 'bot']);
  await expect(theirs.clear()).rejects.toMatchObject({ code: 'forbidden' });
});

test('a draining server is left and found again', async () => {
  const { anns, ann } = await pair();
  const seen: string[] = [];
  anns.on('connection', (c) => seen.push(c));
  await w.server.kill('SIGTERM');
  ann.send('meanwhile');
  expect(last(ann)?.status).toBe('queued');
  await w.server.start();
  await online(anns);
  await until(() => last(ann)?.status === 'complete', 'the queue');
  expect(seen[0]).toBe('draining');
});

test('handlers that throw stop nothing', async () => {
  const { ann } = await pair();
  const faults: (() => void)[] = [];
  const real = globalThis.queueMicrotask;
  vi.stubGlobal('queueMicrotask', (task: () => void) =>
    real(() => {
      try {
        task();
      } catch (error) {
        faults.push(() => error);
      }
    }),
  );
  let told = 0;
  ann.on('messages', () => {
    throw new Error('a fault of the page');
  });
  const off = ann.on('messages', () => (told += 100));
  off();
  ann.on('messages', () => told++);
  ann.send('one');
  await until(() => last(ann)?.status === 'complete', 'the ack');
  vi.unstubAllGlobals();
  expect(told).toBeGreaterThan(1);
  expect(told).toBeLessThan(100);
  expect(faults.length).toBe(told);
});

test("only one's own conversation can be cleared", async () => {
  const { ann } = await pair();
  await expect(ann.clear()).rejects.toMatchObject({ code: 'forbidden' });
});

test('the browser going offline and online is noticed', async () => {
  const window = new EventTarget();
  vi.stubGlobal('window', window);
  const proxy = await new Proxy(w.server.port).open();
  const client = await w.client(w.name('ann'), { url: proxy.url });
  const room = client.room();
  await room.load();
  proxy.closed = true;
  window.dispatchEvent(new Event('offline'));
  await until(() => client.connection === 'offline', 'the loss');
  room.send('later');
  proxy.closed = false;
  window.dispatchEvent(new Event('online'));
  await until(() => room.messages[0]?.status === 'complete', 'the message');
  client.close();
  vi.unstubAllGlobals();
  proxy.close();
});
