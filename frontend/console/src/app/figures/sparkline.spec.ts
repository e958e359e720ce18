import '@angular/compiler';
import { describe, expect, it } from 'vitest';
import { curve } from './sparkline';

describe('curve', () => {
  it('needs two values', () => {
    expect(curve([])).toBe('');
    expect(curve([1])).toBe('');
  });

  it('goes from edge to edge, and fits', () => {
    expect(curve([0, 5, 10])).toBe('0.0,31.0 60.0,16.0 120.0,1.0');
  });

  it('lies on the ground where nothing happens', () => {
    expect(curve([0, 0])).toBe('0.0,31.0 120.0,31.0');
  });
});
