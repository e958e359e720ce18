import { describe, expect, it } from 'vitest';
import { inside } from './inside';

describe('inside', () => {
  it('leads nowhere but into the console', () => {
    expect(['/inbox/a', '/admin/users?x=1'].map(inside)).toEqual(['/inbox/a', '/admin/users?x=1']);
    expect([undefined, '', 'https://evil', '//evil', '/\\evil', '/sign-in?to=/x', 'javascript:1'].map(inside)).toEqual(
      Array(7).fill('/'),
    );
  });
});
