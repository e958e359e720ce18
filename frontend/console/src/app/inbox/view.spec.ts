import { describe, expect, it } from 'vitest';
import { Conversation } from '../core/wire';
import { arranged } from './view';

const one = (uuid: string, more: Partial<Conversation>): Conversation => ({
  uuid,
  room: uuid,
  kind: 'customer',
  name: '',
  email: '',
  user: null,
  state: 'waiting',
  reason: '',
  agent: null,
  created: '2026-01-01T00:00:00.000Z',
  updated: '2026-01-01T00:00:00.000Z',
  unread: 0,
  last_message: null,
  ...more,
});
const last = (date: string) => ({ last_message: { id: 1, date, content: '', author: 'CUS' as const } });

describe('view', () => {
  it('moves what was written in last to the top', () => {
    const list = [
      one('a', { updated: '2026-01-01T00:00:02.000Z' }),
      one('b', last('2026-01-01T00:00:03.000Z')),
      one('c', {}),
    ];
    expect(arranged(list, 'open', 'eve').map((item) => item.uuid)).toEqual(['b', 'a', 'c']);
  });

  it('keeps the order of the queue', () => {
    const list = [
      one('late', { position: 2, ...last('2026-01-02T00:00:00.000Z') }),
      one('past', { waitSeconds: 5 }),
      one('first', { position: 1 }),
    ];
    expect(arranged(list, 'waiting', 'eve').map((item) => item.uuid)).toEqual(['first', 'late', 'past']);
  });

  it('shows each view what belongs there', () => {
    const list = [
      one('bot', { state: 'bot' }),
      one('mine', { state: 'assigned', agent: 'eve' }),
      one('theirs', { state: 'assigned', agent: 'abe' }),
      one('done', { state: 'resolved' }),
    ];
    const shown = (view: Parameters<typeof arranged>[1]) =>
      arranged(list, view, 'eve')
        .map((item) => item.uuid)
        .sort();
    expect(shown('open')).toEqual(['bot', 'mine', 'theirs']);
    expect(shown('mine')).toEqual(['mine']);
    expect(shown('assigned')).toEqual(['mine', 'theirs']);
    expect(shown('resolved')).toEqual(['done']);
    expect(shown('waiting')).toEqual([]);
  });
});
