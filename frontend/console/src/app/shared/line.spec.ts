import { describe, expect, it } from 'vitest';
import { Line, merged, ofNote, ofSaid } from './line';

const cy = { name: 'Cy', who: 'c' };
const said = (id: number, minute: number) =>
  ofSaid({ id, date: `2026-01-02T03:${String(minute).padStart(2, '0')}:00.000Z`, content: 'x', author: 'CUS' }, cy);
const note = (id: string, minute: number) =>
  ofNote(
    { id, author: 'eve', content: 'n', createdAt: `2026-01-02T03:${String(minute).padStart(2, '0')}:00.000Z` },
    'eve',
    (who) => who,
  );
const keys = (lines: Line[]) => lines.map((line) => line.key);

describe('line', () => {
  it('knows who said what over the polling door', () => {
    const by = (author: 'CUS' | 'AGE', bot?: boolean) =>
      ofSaid({ id: 1, date: '2026-01-02T03:04:05Z', content: '', author, bot }, cy);
    expect([by('CUS'), by('AGE'), by('AGE', true)].map((line) => line.author)).toEqual(['customer', 'agent', 'bot']);
    expect(by('CUS')).toMatchObject(cy);
  });

  it('puts notes between messages by time, and leaves messages in their order', () => {
    const messages = [said(1, 1), said(2, 9), said(3, 5)];
    expect(keys(merged(messages, [note('a', 0), note('b', 4), note('c', 30)]))).toEqual([
      'note-a',
      'seq-1',
      'note-b',
      'seq-2',
      'seq-3',
      'note-c',
    ]);
    expect(keys(merged([], [note('a', 0)]))).toEqual(['note-a']);
    expect(keys(merged(messages, []))).toEqual(['seq-1', 'seq-2', 'seq-3']);
  });
});
