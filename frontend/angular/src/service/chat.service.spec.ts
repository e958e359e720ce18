import { type EnvironmentInjector, Injector, computed, createEnvironmentInjector } from '@angular/core';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ChatMessage } from '@parley/chat-core';
import { FakeClient, type FakeRoom, message } from '../testing/fake-client';
import { ChatService } from './chat.service';
import { PARLEY_CLIENT } from './client';
import { provideParley } from './provide';

describe('ChatService', () => {
  let client: FakeClient;
  let me: FakeRoom;
  let injector: EnvironmentInjector;
  let chat: ChatService;

  beforeEach(() => {
    client = new FakeClient();
    me = client.room();
    injector = inject([ChatService, { provide: PARLEY_CLIENT, useValue: client }]);
    chat = injector.get(ChatService);
  });

  it('connects for the first thing that is asked of it, not before', async () => {
    expect(client.connects).toBe(0);
    await chat.load();
    expect(client.connects).toBe(1);
    expect(me.calls).toEqual(['load']);
    expect(chat.loaded()).toBe(true);
  });

  it('sends without a subscriber', () => {
    chat.send('Hello');
    expect(me.calls).toEqual(['send Hello']);
    expect(chat.messages().map(({ text }) => text)).toEqual(['Hello']);
  });

  it('tells how far a message has come, until it is stored', () => {
    const seen: string[] = [];
    chat.send('Hello').subscribe({ next: (m) => seen.push(m.status), complete: () => seen.push('done') });
    me.show(message({ key: 'n1', status: 'failed' }));
    me.show(message({ key: 'n1', status: 'failed' }), message({ key: 'other' }));
    me.show(message({ key: 'n1', status: 'pending' }));
    me.show(message({ key: 'n1', id: 'm1', status: 'complete' }));
    expect(seen).toEqual(['pending', 'failed', 'failed', 'pending', 'complete', 'done']);
  });

  it('completes what it tells of a message that is discarded', () => {
    let done = false;
    chat.send('Hello').subscribe({ complete: () => (done = true) });
    me.show();
    expect(done).toBe(true);
  });

  it('gives the list as observable and signal, from the start', () => {
    me.show(message({ key: 'a' }));
    const seen: number[] = [];
    chat.messages$.subscribe((messages) => seen.push(messages.length));
    me.show(message({ key: 'a' }), message({ key: 'b' }));
    expect(seen).toEqual([1, 2]);
    expect(chat.messages()).toBe(me.messages);
  });

  it('shows the reply that is being written', () => {
    me.show(
      message({ key: 'a' }),
      message({ key: 'b', own: false, role: 'assistant', status: 'streaming', text: 'You as' }),
    );
    expect(chat.reply()?.text).toBe('You as');
    me.show(message({ key: 'a' }), message({ key: 'b', own: false, role: 'assistant', text: 'You asked' }));
    expect(chat.reply()).toBeUndefined();
  });

  it('tells news of its own room as message$, of all as anywhere$', () => {
    const own: ChatMessage[] = [];
    const all: ChatMessage[] = [];
    chat.message$.subscribe((m) => own.push(m));
    chat.anywhere$.subscribe((m) => all.push(m));
    const here = message({ key: 'a' });
    const there = message({ key: 'b', room: 'r2' });
    me.show(here);
    client.events.tell('message', here);
    client.events.tell('message', there);
    expect(own).toEqual([here]);
    expect(all).toEqual([here, there]);
    expect(chat.message()).toBe(here);
  });

  it('follows connection, typing, state, presence and user', () => {
    const seen: string[] = [];
    chat.connection$.subscribe((connection) => seen.push(connection));
    client.turn('connecting');
    client.user = { id: 'u', name: 'Ann', email: '', role: 'guest' };
    client.events.tell('ready', client.user);
    client.turn('online');
    me.events.tell('typing', ['eve']);
    me.events.tell('online', ['eve']);
    me.events.tell('state', { state: 'waiting', position: 3 });
    expect(seen).toEqual(['idle', 'connecting', 'online']);
    expect(chat.connection()).toBe('online');
    expect(chat.user()?.name).toBe('Ann');
    expect(chat.typing()).toEqual(['eve']);
    expect(chat.online()).toEqual(['eve']);
    expect(chat.state()).toEqual({ state: 'waiting', position: 3 });
  });

  it('knows whether there is more after each reading', async () => {
    me.more = true;
    await chat.load();
    expect(chat.more()).toBe(true);
    await chat.loadOlder();
    expect(chat.more()).toBe(false);
    chat.unload();
    expect([chat.loaded(), chat.messages().length, me.calls.at(-1)]).toEqual([false, 0, 'unload']);
  });

  it('gives other rooms, the same object each time, also inside a computed', () => {
    const other = computed(() => chat.room('r2'))();
    expect(chat.room('r2')).toBe(other);
    expect(chat.room('me')).toBe(chat);
    client.room('r2').events.tell('gone', undefined);
    expect(other.gone()).toBe(true);
    expect(chat.gone()).toBe(false);
  });

  it('hands the rest through', async () => {
    chat.retry('k');
    chat.discard('k');
    chat.type();
    chat.read(4);
    await chat.edit('m', 'x');
    await chat.remove('m');
    await chat.stop();
    await chat.clear();
    await chat.escalate('why');
    chat.setToken('t');
    expect(me.calls).toEqual([
      'retry k',
      'discard k',
      'type',
      'read 4',
      'edit m x',
      'remove m',
      'stop',
      'clear',
      'escalate why',
    ]);
    expect(client.token).toBe('t');
  });

  it('completes, and lets go of the client, with its injector', () => {
    let done = 0;
    for (const values of [
      chat.messages$,
      chat.message$,
      chat.connection$,
      chat.typing$,
      chat.state$,
      chat.room('r2').messages$,
    ]) {
      values.subscribe({ complete: () => done++ });
    }
    injector.destroy();
    expect(done).toBe(6);
    expect([client.events.listeners, me.events.listeners, client.room('r2').events.listeners]).toEqual([0, 0, 0]);
  });
});

describe('provideParley', () => {
  it('makes a client, not connected yet, and closes it with the injector', () => {
    const injector = inject(provideParley(() => ({ url: 'http://localhost:1', token: 't', storage: null })));
    const chat = injector.get(ChatService);
    expect(chat.connection()).toBe('idle');
    const client = injector.get(PARLEY_CLIENT);
    injector.destroy();
    expect(client.connection).toBe('closed');
  });
});

function inject(providers: Parameters<typeof createEnvironmentInjector>[0]): EnvironmentInjector {
  return createEnvironmentInjector(providers, Injector.create({ providers: [] }) as EnvironmentInjector);
}
