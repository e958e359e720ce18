import { expect, test } from 'vitest';

import type { ChatMessage } from '../src/index.js';
import { Proxy, until } from './server.js';
import { last, online, texts, world } from './world.js';

const w = world();

/** Ann behind a proxy, bob not, in one room. */
async function cutOff() {
  const proxy = await new Proxy(w.server.port).open();
  const [a, b] = [w.name('ann'), w.name('bob')];
  const bobs = await w.client(b);
  const anns = await w.client(a, { url: proxy.url });
  const id = await anns.createRoom('Talk', [b]);
  const [ann, bob] = [anns.room(id), bobs.room(id)];
  await Promise.all([ann.load(), bob.load()]);
  return { proxy, anns, bobs, ann, bob, id };
}

/** Lets a cut connection's session be forgotten, so that it cannot be recovered. */
async function crash(): Promise<void> {
  await w.server.kill();
  await w.server.start();
}

test('what was missed is found: new, edited and deleted', async () => {
  const { proxy, anns, bobs, ann, bob } = await cutOff();
  for (const text of ['one', 'two', 'three']) bob.send(text);
  await until(() => ann.messages.length === 3, 'the messages');
  const [one, two, three] = ann.messages;
  proxy.closed = true;
  proxy.cut();
  await until(() => anns.connection === 'offline', 'the cut');
  await crash();
  await online(bobs);
  await bob.edit(one.id, 'one, edited');
  await bob.remove(two.id);
  bob.send('four');
  await until(() => last(bob)?.status === 'complete', 'four');
  expect(texts(bob)).toEqual(['one, edited', 'three', 'four']);
  proxy.closed = false;
  await until(() => ann.messages.length === 3 && last(ann)?.text === 'four', 'the sync');
  expect(texts(ann)).toEqual(['one, edited', 'three', 'four']);
  expect(ann.messages[0]).toMatchObject({ key: one.key, edited: true, seq: 1 });
  expect(ann.messages[1]).toBe(three);
  proxy.close();
});

test('a short cut is recovered without a gap', async () => {
  const { proxy, ann, bob } = await cutOff();
  const live: string[] = [];
  ann.on('messages', (all) => live.push(all.at(-1)?.text ?? ''));
  for (let i = 0; i < 5; i++) {
    bob.send(`a${i}`);
    if (i % 2) proxy.cut();
    bob.send(`b${i}`);
    await until(() => last(bob)?.status === 'complete', 'the ack');
  }
  await until(() => ann.messages.length === 10, 'all');
  expect(ann.messages.map((m) => m.seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  proxy.close();
});

test('edits and deletions come live', async () => {
  const { ann, bob } = await cutOff();
  bob.send('tpyo');
  await until(() => last(ann), 'the message');
  await bob.edit(last(bob)!.id, 'typo');
  expect(last(bob)).toMatchObject({ text: 'typo', edited: true });
  await until(() => last(ann)?.text === 'typo', 'the edit');
  expect(last(ann)?.edited).toBe(true);
  await bob.remove(last(bob)!.id);
  await until(() => ann.messages.length === 0, 'the deletion');
  await expect(ann.edit('none', 'x')).rejects.toMatchObject({ code: 'not_found' });
});

test('pages of history meet, also while messages are missed', async () => {
  const { proxy, anns, bobs, ann, bob, id } = await cutOff();
  for (let i = 1; i <= 99; i++) bob.send(`m${i}`);
  await until(() => bob.messages.length === 99 && last(bob)?.status === 'complete', 'the sends', 25_000);
  const late = await w.client(anns.user!.id, { url: proxy.url });
  const room = late.room(id);
  await room.load();
  expect(texts(room)).toEqual(Array.from({ length: 50 }, (_, i) => `m${i + 50}`));
  expect(room.more).toBe(true);
  proxy.closed = true;
  proxy.cut();
  await crash();
  await online(bobs);
  // Of what is not loaded, no change may come into the list; its page will show it.
  await bob.edit(bob.messages[2].id, 'm3, edited');
  bob.send('m100');
  await until(() => last(bob)?.status === 'complete', 'm100');
  proxy.closed = false;
  await until(() => last(room)?.text === 'm100', 'the sync');
  expect(room.messages.map((m: ChatMessage) => m.seq)).toEqual(Array.from({ length: 51 }, (_, i) => i + 50));
  await Promise.all([room.loadOlder(), room.loadOlder()]);
  expect(room.messages.map((m) => m.seq)).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
  expect(texts(room)[2]).toBe('m3, edited');
  expect(room.more).toBe(false);
  await until(() => ann.messages.length === 100, 'the other to catch up');
  proxy.close();
});

test('a room that one is removed from is gone, one that is none is refused', async () => {
  const { proxy, anns, bobs, ann, id } = await cutOff();
  let gone = 0;
  bobs.room(id).on('gone', () => gone++);
  await anns.http('PUT', `chat/rooms/${id}/removeUsers`, { users: [bobs.user!.id] });
  await until(() => gone === 1, 'the removal');
  expect(bobs.room(id).loaded).toBe(false);
  await expect(bobs.room(id).load()).rejects.toMatchObject({ code: 'not_found' });
  await expect(bobs.room('no-such-room').load()).rejects.toMatchObject({ code: 'not_found' });
  // While away.
  ann.on('gone', () => gone++);
  proxy.closed = true;
  proxy.cut();
  await until(() => anns.connection === 'offline', 'the cut');
  await crash();
  const again = await w.client(anns.user!.id);
  await again.http('DELETE', `chat/rooms/${id}`);
  proxy.closed = false;
  await until(() => gone === 2, 'the news');
  proxy.close();
});

test('load waits for a connection', async () => {
  const client = w.idle(w.name('ann'));
  const loading = client.room().load();
  client.connect();
  await loading;
  expect(client.room().loaded).toBe(true);
  expect(client.room().id).not.toBe('me');
  expect(client.room(client.room().id)).toBe(client.room());
});

test('a closed client tells who waits, and connects again', async () => {
  const client = w.idle(w.name('ann'));
  const loading = client.room().load();
  client.close();
  await expect(loading).rejects.toMatchObject({ code: 'closed' });
  client.connect();
  await online(client);
  await client.room().load();
});

test('a room that was unloaded is asked for no more, and whole again once it is loaded', async () => {
  const { proxy, anns, bob, ann, id } = await cutOff();
  bob.send('one');
  await until(() => ann.messages.length === 1, 'the message');
  ann.unload();
  expect([ann.loaded, ann.messages]).toEqual([false, []]);
  const asked: unknown[] = [];
  const { link } = anns as unknown as { link: { call(event: string, body: object): Promise<unknown> } };
  const call = link.call.bind(link);
  link.call = (event, body, ...rest) => {
    if (event === 'sync' || event === 'history') asked.push(body);
    return call(event, body, ...rest);
  };
  const news: string[] = [];
  anns.on('message', (m) => news.push(m.text));
  bob.send('two');
  await until(() => news.length === 1, 'the news');
  proxy.closed = true;
  proxy.cut();
  await until(() => anns.connection === 'offline', 'the cut');
  await crash();
  proxy.closed = false;
  await online(anns);
  bob.send('three');
  await until(() => news.length === 2, 'what comes live');
  expect(asked).toEqual([]);
  expect(ann.messages).toEqual([]);

  expect(anns.room(id)).toBe(ann);
  await ann.load();
  expect(texts(ann)).toEqual(['one', 'two', 'three']);
  bob.send('four');
  await until(() => last(ann)?.text === 'four', 'what comes from then on');
  expect(ann.messages.map((m) => m.seq)).toEqual([1, 2, 3, 4]);
  proxy.close();
});

test('unloading in the middle of a reading ends it, and the next one is whole', async () => {
  const { ann, bob } = await cutOff();
  ann.unload();
  for (let i = 1; i <= 20; i++) {
    const first = ann.load().catch((error: { code: string }) => error.code);
    if (i % 2) await new Promise((done) => setTimeout(done, i / 5));
    ann.unload();
    bob.send(`${i}`);
    await ann.load();
    expect(['closed', undefined]).toContain(await first);
    await until(() => last(ann)?.seq === i, `message ${i}`);
    expect(ann.messages.map((m) => m.seq)).toEqual(Array.from({ length: i }, (_, n) => n + 1));
    ann.unload();
  }
});

test('what is not sent yet outlives the unloading of its room', async () => {
  const { proxy, anns, ann, bob } = await cutOff();
  proxy.closed = true;
  proxy.cut();
  await until(() => anns.connection === 'offline', 'the cut');
  ann.send('later');
  ann.unload();
  expect(texts(ann)).toEqual(['later']);
  proxy.closed = false;
  await until(() => last(bob)?.text === 'later', 'the message');
  proxy.close();
});
