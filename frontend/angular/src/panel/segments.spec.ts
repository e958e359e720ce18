import { describe, expect, it } from 'vitest';
import { segments } from './segments';

const marked = (text: string): string =>
  segments(text)
    .map(({ text, href }) => (href ? `[${text}]` : text))
    .join('');

describe('segments', () => {
  it.each([
    ['plain\ntext', 'plain\ntext'],
    ['see https://a.example/x?y=1#z now', 'see [https://a.example/x?y=1#z] now'],
    ['(see https://a.example/x).', '(see [https://a.example/x]).'],
    ['https://a.example/x_(y)', '[https://a.example/x_(y)]'],
    ['https://a.example, http://b.example!', '[https://a.example], [http://b.example]!'],
    ['javascript:alert(1) data:text/html,x vbscript:x', 'javascript:alert(1) data:text/html,x vbscript:x'],
    ['https://bank.example@evil.example/', 'https://bank.example@evil.example/'],
    ['https:// and https://"x"', 'https:// and https://"x"'],
    ['<a href="https://a.example">x</a>', '<a href="[https://a.example]">x</a>'],
  ])('%j', (text, expected) => {
    expect(marked(text)).toBe(expected);
  });

  it('loses nothing of the text', () => {
    const text = ' a https://a.example. b (https://b.example)\n';
    expect(
      segments(text)
        .map((part) => part.text)
        .join(''),
    ).toBe(text);
    expect(segments('')).toEqual([]);
  });
});
