import { expect, test } from 'vitest';

import type { Client, Room } from '../src/index.js';
import { Proxy, until } from './server.js';
import { last, online, statuses, texts, world } from './world.js';

const w = world();
const question = 'What is the answer to all of this? 😀 '.repeat(4).trim();

async function conversation(): Promise<{ proxy: Proxy; client: Client; room: Room; seen: string[] }> {
  const proxy = await new Proxy(w.server.port).open();
  const client = await w.client(w.name('ann'), { url: proxy.url });
  const room = client.room();
  await room.load();
  const seen: string[] = [];
  room.on('messages', (all) => {
    const reply = all.at(-1);
    if (reply?.role === 'assistant') seen.push(reply.text);
  });
  return { proxy, client, room, seen };
}

/** Each text that was shown of a reply begins its whole text. */
function grows(seen: string[], whole: string): void {
  for (const text of seen) expect(whole.startsWith(text), text).toBe(true);
  for (let i = 1; i < seen.length; i++) expect(seen[i].length).toBeGreaterThanOrEqual(seen[i - 1].length);
}

test('a reply streams, and becomes a message with the same key', async () => {
  const { room, seen } = await conversation();
  room.send(question);
  const streaming = await until(() => room.messages.find((m) => m.status === 'streaming' && m.text), 'the stream');
  expect(streaming).toMatchObject({ role: 'assistant', seq: 0, own: false });
  expect(last(room)?.key).toBe(streaming.key);
  await until(() => last(room)?.status === 'complete' && last(room)?.role === 'assistant', 'the end');
  expect(last(room)).toMatchObject({ key: streaming.key, id: streaming.id, seq: 2, sender: 'bot:default' });
  expect(last(room)?.text).toContain(question);
  expect(room.messages).toHaveLength(2);
  expect(seen.length).toBeGreaterThan(5);
  grows(seen, last(room)!.text);
});

test('a stream that is cut goes on where it was', async () => {
  const { proxy, room, seen } = await conversation();
  room.send(question);
  await until(() => last(room)?.status === 'streaming' && last(room)!.text.length > 20, 'the beginning');
  proxy.cut();
  await until(() => last(room)?.status === 'complete' && last(room)?.role === 'assistant', 'the end');
  expect(room.messages).toHaveLength(2);
  expect(last(room)?.text).toContain(question);
  grows(seen, last(room)!.text);
  proxy.close();
});

test('a stream that ends while one is away is whole', async () => {
  const { proxy, client, room } = await conversation();
  room.send(question);
  await until(() => last(room)?.status === 'streaming' && last(room)!.text.length > 20, 'the beginning');
  proxy.closed = true;
  proxy.cut();
  const other = await w.client(client.user!.id);
  await other.room().load();
  await until(
    () => last(other.room())?.status === 'complete' && other.room().messages.length === 2,
    'the end elsewhere',
  );
  proxy.closed = false;
  await until(() => last(room)?.status === 'complete' && room.messages.length === 2, 'the end');
  expect(last(room)?.text).toBe(last(other.room())?.text);
  proxy.close();
});

test('a server that dies in the middle leaves what it has stored', async () => {
  const { client, room } = await conversation();
  room.send(question);
  await until(() => last(room)?.status === 'streaming' && last(room)!.text.length > 20, 'the beginning');
  await w.server.kill();
  await until(() => client.connection === 'offline', 'the loss');
  expect(last(room)?.status).toBe('streaming');
  await w.server.start();
  await until(() => last(room)?.status === 'interrupted', 'the honest end', 25_000);
  expect(room.messages).toHaveLength(2);
});

test('who comes in the middle gets the text so far, and the rest', async () => {
  const { client, room } = await conversation();
  room.send(question);
  await until(() => last(room)?.status === 'streaming' && last(room)!.text.length > 20, 'the beginning');
  const late = await w.client(client.user!.id);
  await late.room().load();
  await until(() => last(late.room())?.status === 'streaming', 'the stream');
  const seen: string[] = [];
  late.room().on('messages', (all) => seen.push(all.at(-1)!.text));
  await until(() => [room, late.room()].every((r) => last(r)?.status === 'complete'), 'the end');
  expect(texts(late.room())).toEqual(texts(room));
  grows(seen, last(room)!.text);
});

test('stop ends it, and a question asked meanwhile is answered', async () => {
  const { room } = await conversation();
  room.send(question);
  await until(() => last(room)?.status === 'streaming' && last(room)?.text, 'the beginning');
  await room.stop();
  await until(() => last(room)?.status === 'cancelled', 'the end');
  await room.stop();
  room.send('And now?');
  await until(() => last(room)?.status === 'complete' && room.messages.length === 4, 'the next answer');
  expect(room.messages.map((m) => m.seq)).toEqual([1, 2, 3, 4]);
});

/** Every list that was shown of a room, as the keys of its messages. */
function lists(room: Room): string[][] {
  const all: string[][] = [];
  room.on('messages', (messages) => all.push(messages.map((m) => m.key)));
  return all;
}

/** What was shown in some order stayed in it, up to the end. */
function keepsOrder(seen: string[][], room: Room): void {
  const end = room.messages.map((m) => m.key);
  for (const keys of seen) expect(keys).toEqual(end.filter((key) => keys.includes(key)));
}

const whole = (room: Room, count: number): Promise<unknown> =>
  until(() => statuses(room).filter((s) => s === 'complete').length === count, 'the answers', 25_000);

test('a question asked while a reply is written stands before it from the beginning, as in the end', async () => {
  const { room } = await conversation();
  room.send(question);
  await until(() => last(room)?.status === 'streaming' && last(room)!.text.length > 20, 'the beginning');
  const seen = lists(room);
  room.send('And what is the question?');
  await whole(room, 4);
  expect(room.messages.map((m) => m.role)).toEqual(['user', 'user', 'assistant', 'assistant']);
  keepsOrder(seen, room);
});

test('a question asked without a connection stands behind the reply that was cut, as in the end', async () => {
  const { proxy, client, room } = await conversation();
  room.send(question);
  await until(() => last(room)?.status === 'streaming' && last(room)!.text.length > 20, 'the beginning');
  proxy.closed = true;
  proxy.cut();
  await until(() => client.connection === 'offline', 'the loss');
  const seen = lists(room);
  room.send('Are you there?');
  const other = await w.client(client.user!.id);
  await other.room().load();
  await whole(other.room(), 2);
  expect(statuses(room)).toEqual(['complete', 'streaming', 'queued']);
  proxy.closed = false;
  await whole(room, 4);
  expect(room.messages.map((m) => m.role)).toEqual(['user', 'assistant', 'user', 'assistant']);
  keepsOrder(seen, room);
  proxy.close();
});

test('clear empties the conversation here and elsewhere, also while away', async () => {
  const { proxy, client, room } = await conversation();
  room.send('one');
  await until(() => last(room)?.status === 'complete' && room.messages.length === 2, 'the answer');
  const other = await w.client(client.user!.id);
  await other.room().load();
  await room.clear();
  await until(() => room.messages.length === 0 && other.room().messages.length === 0, 'the clearing');
  other.room().send('two');
  await until(() => room.messages.length === 2 && last(room)?.status === 'complete', 'the next answer');
  proxy.closed = true;
  proxy.cut();
  await until(() => client.connection === 'offline', 'the cut');
  await w.server.kill();
  await w.server.start();
  await online(other);
  await other.room().clear();
  other.room().send('three');
  await until(() => last(other.room())?.status === 'complete' && other.room().messages.length === 2, 'the last answer');
  proxy.closed = false;
  await until(() => texts(room)[0] === 'three', 'the resync');
  expect(texts(room)).toEqual(texts(other.room()));
  proxy.close();
});

test('what is sent without loading shows its answer', async () => {
  const client = w.idle(w.name('ann'));
  client.room().send('hello');
  client.connect();
  await until(() => client.room().messages.length === 2 && last(client.room())?.status === 'complete', 'the answer');
  await client.room().load();
  expect(client.room().messages.map((m) => m.role)).toEqual(['user', 'assistant']);
});
