import { describe, expect, it } from 'vitest';
import { message } from '../testing/fake-client';
import { daysAgo, timeline } from './timeline';

const at = (day: number, hour = 12, minute = 0): Date => new Date(2026, 2, day, hour, minute);

describe('timeline', () => {
  it('puts a line between days, and neighbours of one sender together', () => {
    const rows = timeline([
      message({ key: 'a', createdAt: at(1, 23, 58) }),
      message({ key: 'b', createdAt: at(2, 0, 1) }),
      message({ key: 'c', createdAt: at(2, 0, 2) }),
      message({ key: 'd', createdAt: at(2, 0, 9) }),
      message({ key: 'e', createdAt: at(2, 0, 10), sender: 'eve', own: false }),
    ]);
    expect(
      rows.map((row) =>
        row.kind === 'day' ? row.key : `${row.key}${row.follows ? ' follows' : ''}${row.followed ? ' followed' : ''}`,
      ),
    ).toEqual(['day a', 'a', 'day b', 'b followed', 'c follows', 'd', 'e']);
  });

  it('marks the newest of one’s own that is stored', () => {
    const rows = timeline([
      message({ key: 'a' }),
      message({ key: 'b' }),
      message({ key: 'c', status: 'failed' }),
      message({ key: 'd', own: false }),
    ]);
    expect(rows.filter((row) => row.kind === 'message' && row.newestOwn).map(({ key }) => key)).toEqual(['b']);
  });

  it('gives each row a key of its own', () => {
    const rows = timeline([
      message({ key: 'a', createdAt: at(2) }),
      message({ key: 'b', createdAt: at(1) }),
      message({ key: 'c', createdAt: at(2) }),
    ]);
    expect(new Set(rows.map(({ key }) => key)).size).toBe(rows.length);
  });
});

describe('daysAgo', () => {
  it('counts calendar days, over a change of the clocks too', () => {
    expect(daysAgo(at(5, 0, 1), at(5, 23, 59))).toBe(0);
    expect(daysAgo(at(4, 23, 59), at(5, 0, 1))).toBe(1);
    expect(daysAgo(at(28), at(30))).toBe(2);
  });
});
