import { describe, expect, it } from 'vitest';
import { claims, GuestStore } from '../src/session/guest';

const server = 'https://shop.test/support/';
const start = Date.UTC(2026, 4, 5);
const day = 86_400_000;

const token = (name: string, expires: number): string =>
  `e30.${btoa(JSON.stringify({ sub: name, exp: expires / 1000 })).replace(/=+$/, '')}.s`;

class Memory {
  readonly kept = new Map<string, string>();
  getItem = (key: string) => this.kept.get(key) ?? null;
  setItem = (key: string, value: string) => void this.kept.set(key, value);
  removeItem = (key: string) => void this.kept.delete(key);
}

function world(storage: Memory | null = new Memory()) {
  const asked: string[] = [];
  const state = { now: start, failing: false };
  const request = async (url: unknown, init?: RequestInit) => {
    asked.push(`${init?.method} ${String(url)}`);
    if (state.failing) return new Response('{}', { status: 429 });
    return Response.json({ token: token(`guest${asked.length}`, state.now + 30 * day) }, { status: 201 });
  };
  const store = () => new GuestStore(server, storage, request as typeof fetch, () => state.now);
  return { asked, state, storage, store };
}

describe('GuestStore', () => {
  it('asks for a guest once, and keeps it over reloads', async () => {
    const { asked, store } = world();
    const first = store();
    expect(first.known).toBe(false);
    const [a, b] = await Promise.all([first.token(), first.token()]);
    expect(a).toBe(b);
    const second = store();
    expect(second.known).toBe(true);
    expect(await second.token()).toBe(a);
    expect(asked).toEqual(['POST https://shop.test/support/auth/guest']);
  });

  it('makes another guest once the time is over', async () => {
    const { state, store } = world();
    const first = await store().token();
    state.now += 31 * day;
    expect(store().known).toBe(false);
    expect(await store().token()).not.toBe(first);
  });

  it('makes another guest where the server refused this one', async () => {
    const { store } = world();
    const guests = store();
    const first = await guests.token();
    const second = await guests.token(first);
    expect(second).not.toBe(first);
    expect(await guests.token(first)).toBe(second);
  });

  it('lives as long as the page where nothing can be kept', async () => {
    const { asked, store } = world(null);
    const guests = store();
    expect(await guests.token()).toBe(await guests.token());
    expect(asked).toHaveLength(1);
  });

  it('forgets, and is not put off by what it cannot read', async () => {
    const { store, storage } = world();
    const guests = store();
    await guests.token();
    guests.forget();
    expect(guests.known).toBe(false);
    storage?.setItem(`parley-guest:${server}`, 'nonsense');
    expect(store().known).toBe(false);
  });

  it('fails where the server makes no guest, and asks again the next time', async () => {
    const { state, store } = world();
    const guests = store();
    state.failing = true;
    await expect(guests.token()).rejects.toThrow('429');
    state.failing = false;
    await expect(guests.token()).resolves.toContain('.');
  });
});

describe('claims', () => {
  it('reads a token, and nothing from what is none', () => {
    expect(claims(token('a', start)).sub).toBe('a');
    expect(claims('x.y.z')).toEqual({});
    expect(claims('')).toEqual({});
  });
});
