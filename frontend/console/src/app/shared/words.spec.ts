import { describe, expect, it } from 'vitest';
import { brief, bytes, duration, initials, tone } from './words';

describe('words', () => {
  it('says durations in their largest units', () => {
    expect([-1, 0, 59, 60, 3599, 3600, 3900, 86_400, 97_200].map(duration)).toEqual([
      '0 s',
      '0 s',
      '59 s',
      '1 min',
      '59 min',
      '1 h',
      '1 h 5 min',
      '1 d',
      '1 d 3 h',
    ]);
  });

  it('says sizes', () => {
    expect([0, 1023, 1024, 1536, 200 * 1024, 10 * 1024 * 1024].map(bytes)).toEqual([
      '0 B',
      '1023 B',
      '1.0 KiB',
      '1.5 KiB',
      '200 KiB',
      '10.0 MiB',
    ]);
  });

  it('takes letters for names, whole ones', () => {
    expect(['Eve Adams', 'eve', '', '  ', '😀 x', 'a.b-c'].map(initials)).toEqual(['EA', 'E', '?', '?', '😀X', 'AC']);
  });

  it('shortens long ids alone', () => {
    expect(brief('eve')).toBe('eve');
    expect(brief('0c8c7c9e-66a8-4e22-8b64-8a3c2a3f5a31')).toBe('0c8c7c9e…');
  });

  it('gives a name one tone', () => {
    expect(tone('eve', 6)).toBe(tone('eve', 6));
    expect(tone('x'.repeat(5000), 6)).toBeLessThan(6);
  });
});
