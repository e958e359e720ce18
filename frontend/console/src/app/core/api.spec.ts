import '@angular/compiler';
import { describe, expect, it } from 'vitest';
import { administrative, fileName, search } from './api';

describe('api', () => {
  it('leaves out what is empty', () => {
    expect(search()).toBe('');
    expect(search({ a: '', b: undefined, c: 0, d: 'x y&z' })).toBe('?c=0&d=x+y%26z');
  });

  it('finds the name of a download', () => {
    expect(fileName('attachment; filename=transcript-2026-01-02.txt')).toBe('transcript-2026-01-02.txt');
    expect(fileName('attachment; filename="a b.txt"')).toBe('a b.txt');
    expect(fileName(`attachment; filename="x.txt"; filename*=UTF-8''%C3%BC.txt`)).toBe('ü.txt');
    expect(fileName('inline')).toBe('');
  });

  it('knows which routes want the master key', () => {
    expect(administrative('GET', 'admin/chat/rooms')).toBe(true);
    expect(administrative('GET', 'chatbot?limit=1')).toBe(false);
    expect(administrative('PATCH', 'chatbot/x')).toBe(true);
    expect(administrative('GET', 'chatbot/x/documents')).toBe(true);
    expect(administrative('GET', 'api/conversation')).toBe(false);
  });
});
