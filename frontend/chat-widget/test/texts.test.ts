import { describe, expect, it } from 'vitest';
import ar from '../src/texts/ar';
import de from '../src/texts/de';
import en from '../src/texts/en';
import type { Texts } from '../src/texts/texts';

/** What a text says, with its arguments filled in. */
const said = (text: Texts[keyof Texts], argument: unknown): string =>
  typeof text === 'function' ? (text as (argument: unknown) => string)(argument) : text;

describe.each([
  ['de', de],
  ['ar', ar],
])('texts in %s', (_, texts) => {
  it('has the texts that English has, each with words', () => {
    expect(Object.keys(texts).sort()).toEqual(Object.keys(en).sort());
    for (const key of Object.keys(en) as (keyof Texts)[]) {
      expect(typeof texts[key], key).toBe(typeof en[key]);
      for (const argument of [1, 2, 3, 11, 100, 'name.pdf'])
        expect(said(texts[key], argument).trim(), key).not.toBe('');
    }
  });

  it('leaves nothing in English', () => {
    for (const key of Object.keys(en) as (keyof Texts)[]) {
      if (key !== 'dir') expect(said(texts[key], 3), key).not.toBe(said(en[key], 3));
    }
  });
});

describe('Arabic', () => {
  it('runs from right to left, and counts in its own forms', () => {
    expect(ar.dir).toBe('rtl');
    expect(new Set([1, 2, 3, 11].map(ar.unread)).size).toBe(4);
  });
});
