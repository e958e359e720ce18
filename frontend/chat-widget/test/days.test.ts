import { describe, expect, it } from 'vitest';
import { duration } from '../src/rare/duration';
import { byDay, dayName } from '../src/view/days';
import { message } from './messages';

const at = (day: number, hour: number, minute = 0): Date => new Date(2026, 4, day, hour, minute);

describe('byDay', () => {
  it('opens a day at midnight, and a block for another sender or after a pause', () => {
    const days = byDay([
      message({ seq: 1, createdAt: at(4, 23, 59) }),
      message({ seq: 2, createdAt: at(5, 0, 1) }),
      message({ seq: 3, createdAt: at(5, 0, 3) }),
      message({ seq: 4, createdAt: at(5, 0, 4), own: true, role: 'user', sender: 'me' }),
      message({ seq: 5, createdAt: at(5, 0, 20), own: true, role: 'user', sender: 'me' }),
    ]);
    expect(days.map((day) => day.blocks.map((block) => block.messages.map((m) => m.seq)))).toEqual([
      [[1]],
      [[2, 3], [4], [5]],
    ]);
  });

  it('does not open a day again for a clock that is behind', () => {
    const days = byDay([message({ seq: 1, createdAt: at(5, 0, 0) }), message({ seq: 2, createdAt: at(4, 23, 59) })]);
    expect(days).toHaveLength(1);
  });
});

describe('dayName', () => {
  const name = (date: Date) => dayName(date, at(5, 12), 'en-GB', 'Today', 'Yesterday');

  it('says today and yesterday, else the date, with the year where it is another', () => {
    expect(name(at(5, 1))).toBe('Today');
    expect(name(at(4, 23))).toBe('Yesterday');
    expect(name(at(1, 8))).toMatch(/^Friday,? 1 May$/);
    expect(name(new Date(2025, 11, 31))).toMatch(/31 December 2025$/);
  });
});

describe('duration', () => {
  it.each([
    [0, '0:00'],
    [65, '1:05'],
    [3723, '1:02:03'],
    [-5, '0:00'],
  ])('%d seconds are %s', (seconds, text) => expect(duration(seconds)).toBe(text));
});
