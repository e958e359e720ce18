import { expect, test } from 'vitest';

import type { Client, Room } from '../src/index.js';
import { MemoryStorage, Proxy, Server, until } from './server.js';
import { last, online, statuses, stored, texts, world } from './world.js';

const w = world();

async function pair(): Promise<{ ann: Room; bob: Room; anns: Client }> {
  const [a, b] = [w.name('ann'), w.name('bob')];
  const bobs = await w.client(b);
  const anns = await w.client(a);
  const id = await anns.createRoom('Talk', [b]);
  const [ann, bob] = [anns.room(id), bobs.room(id)];
  await Promise.all([ann.load(), bob.load()]);
  return { ann, bob, anns };
}

test('a message is shown at once and becomes the stored one', async () => {
  const { ann, bob } = await pair();
  const key = ann.send('hello');
  expect(last(ann)).toMatchObject({ key, id: key, text: 'hello', status: 'pending', seq: 0, own: true, role: 'user' });
  await until(() => last(ann)?.status === 'complete', 'the ack');
  expect(last(ann)).toMatchObject({ key, seq: 1, own: true });
  expect(last(ann)?.id).not.toBe(key);
  await until(() => texts(bob).length, 'the message');
  expect(last(bob)).toMatchObject({ text: 'hello', own: false, role: 'user', seq: 1, id: last(ann)?.id });
  expect(ann.messages).toHaveLength(1);
});

test("another connection's own message is shown once", async () => {
  const name = w.name('ann');
  const [one, two] = [await w.client(name), await w.client(name)];
  const id = await one.createRoom('Alone', []);
  await Promise.all([one.room(id).load(), two.room(id).load()]);
  one.room(id).send('from one');
  await until(() => texts(two.room(id)).length, 'the message');
  expect(last(two.room(id))).toMatchObject({ own: true, text: 'from one', status: 'complete' });
});

test('unchanged messages stay the same objects', async () => {
  const { ann, bob } = await pair();
  ann.send('one');
  await until(() => bob.messages.length === 1, 'one');
  const [first] = bob.messages;
  const before = bob.messages;
  ann.send('two');
  await until(() => bob.messages.length === 2, 'two');
  expect(bob.messages).not.toBe(before);
  expect(bob.messages[0]).toBe(first);
});

test('many at once keep their order', async () => {
  const { ann, bob } = await pair();
  const all = Array.from({ length: 40 }, (_, i) => `m${i}`);
  for (const text of all) ann.send(text);
  expect(texts(ann)).toEqual(all);
  await until(() => bob.messages.length === all.length, 'all');
  expect(texts(bob)).toEqual(all);
  await until(() => statuses(ann).every((s) => s === 'complete'), 'the acks');
  expect(texts(ann)).toEqual(all);
});

test('what is refused says why, stays, and can be sent again or discarded', async () => {
  const { ann, bob } = await pair();
  const bad = ann.send('x'.repeat(70_000));
  const good = ann.send('good');
  await until(() => statuses(ann).join() === 'failed,complete', 'both answers');
  expect(ann.messages[0]).toMatchObject({ key: bad, error: expect.stringContaining('65536') as string });
  ann.retry(bad);
  expect(ann.messages.find((m) => m.key === bad)).toMatchObject({ status: 'pending', error: undefined });
  await until(() => ann.messages.find((m) => m.key === bad)?.status === 'failed', 'the second refusal');
  ann.discard(bad);
  expect(ann.messages.map((m) => m.key)).toEqual([good]);
  expect(texts(bob)).toEqual(['good']);
});

test('nothing is lost or doubled over a crash of the server', async () => {
  const { ann, bob, anns } = await pair();
  ann.send('before');
  await until(() => bob.messages.length === 1, 'before');
  await w.server.kill();
  await until(() => anns.connection === 'offline', 'the loss to be noticed');
  const all = ['a', 'b', 'c', 'd', 'e'];
  for (const text of all) ann.send(text);
  expect(statuses(ann).slice(1)).toEqual(all.map(() => 'queued'));
  await w.server.start();
  await until(() => bob.messages.length === 6 && statuses(ann).every((s) => s === 'complete'), 'the queue to be sent');
  expect(texts(bob)).toEqual(['before', ...all]);
  expect(texts(ann)).toEqual(['before', ...all]);
  expect(bob.messages.map((m) => m.seq)).toEqual([1, 2, 3, 4, 5, 6]);
});

test('a crash in the middle of many sends makes each one message', async () => {
  const { ann, bob } = await pair();
  const all = Array.from({ length: 60 }, (_, i) => `n${i}`);
  for (const text of all) ann.send(text);
  await until(() => statuses(ann).filter((s) => s === 'complete').length > 5, 'some acks');
  await w.server.kill();
  await w.server.start();
  await until(() => statuses(ann).every((s) => s === 'complete') && bob.messages.length === 60, 'the rest');
  expect(texts(bob)).toEqual(all);
  expect(texts(ann)).toEqual(all);
});

test('a lost ack makes no second message', async () => {
  const proxy = await new Proxy(w.server.port).open();
  const client = await w.client(w.name('ann'), { url: proxy.url });
  const id = await client.createRoom('Alone', []);
  const room = client.room(id);
  await room.load();
  proxy.deaf = true;
  room.send('once');
  const other = await w.client(client.user!.id);
  await until(async () => (await stored(other, id)).length === 1, 'the message to be stored');
  proxy.deaf = false;
  proxy.cut();
  await until(() => last(room)?.status === 'complete', 'the repeated ack');
  expect(texts(room)).toEqual(['once']);
  expect(await stored(other, id)).toHaveLength(1);
  proxy.close();
});

test('rate limits are waited out', async () => {
  const slow = await Server.start({ PARLEY_LIMIT_MESSAGES: '5/s:3' });
  try {
    const client = await w.client('ann', { url: slow.url });
    const id = await client.createRoom('Alone', []);
    const room = client.room(id);
    await room.load();
    const all = Array.from({ length: 8 }, (_, i) => `r${i}`);
    for (const text of all) room.send(text);
    await until(() => statuses(room).every((s) => s === 'complete'), 'all');
    expect(texts(room)).toEqual(all);
    client.close();
  } finally {
    await slow.stop();
  }
});

test('what is queued survives a reload, and two pages send it once', async () => {
  const storage = new MemoryStorage();
  const name = w.name('ann');
  const proxy = await new Proxy(w.server.port).open();
  const setup = await w.client(name);
  const id = await setup.createRoom('Alone', []);
  proxy.closed = true;
  const first = w.idle(name, { url: proxy.url, storage });
  first.connect();
  await until(() => first.connection === 'offline', 'offline');
  const key = first.room(id).send('later');
  first.room(id).send('and more');
  // The page is loaded again, while the old one is still there.
  const second = w.idle(name, { url: proxy.url, storage });
  second.connect();
  await until(() => second.room(id).messages.length === 2, 'the queue to be shown');
  expect(second.room(id).messages[0]).toMatchObject({ key, status: 'queued', text: 'later' });
  proxy.closed = false;
  await Promise.all([online(first), online(second), first.room(id).load(), second.room(id).load()]);
  await until(
    () => [first, second].every((c) => statuses(c.room(id)).join() === 'complete,complete'),
    'the queue to be sent',
  );
  expect(texts(first.room(id))).toEqual(['later', 'and more']);
  expect(texts(second.room(id))).toEqual(['later', 'and more']);
  expect((await stored(setup, id)).map((m) => m.message)).toEqual(['later', 'and more']);
  expect([...storage.items]).toEqual([]);
  proxy.close();
});

test('the queue is bounded', async () => {
  const client = w.idle(w.name('ann'), { storage: new MemoryStorage() });
  const room = client.room();
  for (let i = 0; i < 101; i++) room.send(`q${i}`);
  expect(statuses(room).filter((s) => s === 'queued')).toHaveLength(100);
  expect(last(room)).toMatchObject({ status: 'failed', error: 'Too much is waiting to be sent' });
});
