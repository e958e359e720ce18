import { describe, expect, it } from 'vitest';
import { withSlash } from './server';

describe('server', () => {
  it('ends in a slash, so that paths go below it', () => {
    expect(withSlash('https://host/support')).toBe('https://host/support/');
    expect(withSlash('https://host/')).toBe('https://host/');
  });
});
