import { expect, test } from 'vitest';

import { token, until } from './server.js';
import { last, online, world } from './world.js';

const w = world();
const soon = (seconds: number): number => Math.floor(Date.now() / 1000) + seconds;

test('a bad token is refused, and another one is taken', async () => {
  const client = w.idle('ann', { token: 'no token' });
  const errors: string[] = [];
  client.on('error', (e) => errors.push(e.code));
  client.connect();
  await until(() => client.connection === 'refused', 'the refusal');
  expect(errors).toEqual(['unauthenticated']);
  client.setToken(token(w.name('ann')));
  await online(client);
});

test('a source is asked once more when its token is refused, and then it is over', async () => {
  const name = w.name('ann');
  let asked = 0;
  const client = w.idle(name, { token: () => (++asked === 1 ? token(name, { exp: soon(-5) }) : token(name)) });
  client.connect();
  await online(client);
  expect(asked).toBe(2);
  const never = w.idle(name, { token: async () => (asked++, 'no token') });
  asked = 0;
  never.connect();
  await until(() => never.connection === 'refused', 'the refusal');
  expect(asked).toBe(2);
});

test('a source that fails is asked again', async () => {
  const name = w.name('ann');
  let asked = 0;
  const client = w.idle(name, {
    token: () => {
      if (++asked <= 2) throw new Error('no way to the login');
      return token(name);
    },
  });
  client.connect();
  await until(() => client.connection === 'offline', 'the failure');
  await online(client);
});

test('a token is refreshed before it runs out, without a reconnection', async () => {
  const name = w.name('ann');
  let asked = 0;
  const client = await w.client(name, { token: () => (asked++, token(name, { exp: soon(4) })) });
  const seen: string[] = [];
  client.on('connection', (c) => seen.push(c));
  await until(() => asked >= 4, 'some refreshes');
  expect(seen).toEqual([]);
  expect(client.connection).toBe('online');
});

test('a token that runs out ends it, or is replaced', async () => {
  const name = w.name('ann');
  const fixed = await w.client(name, { token: token(name, { exp: soon(2) }) });
  const errors: string[] = [];
  fixed.on('error', (e) => errors.push(e.code));
  // This source gives the same token until it has run out.
  const exp = soon(3);
  const renewed = await w.client(name, { token: () => token(name, Date.now() >= exp * 1000 ? {} : { exp }) });
  await until(() => fixed.connection === 'refused', 'the end');
  expect(errors).toEqual(['token_expired']);
  await until(() => renewed.connection !== 'online', 'its end');
  await online(renewed);
  // HTTP asks too.
  expect(await renewed.http('GET', 'auth/me')).toMatchObject({ _id: name });
});

test('another token of the same user changes nothing, another user starts anew', async () => {
  const [a, b] = [w.name('ann'), w.name('bob')];
  const client = await w.client(a);
  const room = client.room();
  await room.load();
  room.send('of ann');
  await until(() => room.messages.length === 2 && last(room)?.status === 'complete', 'the answer');
  const annId = room.id;
  const seen: string[] = [];
  client.on('connection', (c) => seen.push(c));
  client.setToken(token(a, { exp: soon(7200) }));
  room.send('still ann');
  await until(() => room.messages.length === 4 && last(room)?.status === 'complete', 'the next answer');
  expect(seen).toEqual([]);
  client.setToken(token(b));
  await until(() => client.user?.id === b && client.connection === 'online', 'the other user');
  await room.load();
  expect(room.messages).toEqual([]);
  expect(room.id).not.toBe(annId);
  room.send('of bob');
  await until(() => room.messages.length === 2 && last(room)?.status === 'complete', 'their answer');
  expect(room.messages[0]).toMatchObject({ own: true, sender: b });
});

test('a blocked user is told and stays away', async () => {
  const name = w.name('ann');
  const client = await w.client(name, { token: () => token(name) });
  const admin = await w.client(w.name('root'), { token: token('root', { role: 'admin' }) });
  const errors: string[] = [];
  client.on('error', (e) => errors.push(e.code));
  await admin.http('PUT', `admin/chat/users/${name}/block`);
  await until(() => client.connection === 'refused', 'the end');
  expect(errors).toContain('blocked');
});
