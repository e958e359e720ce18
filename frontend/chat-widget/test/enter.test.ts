import { describe, expect, it, vi } from 'vitest';
import { onEnter } from '../src/view/enter';

const press = (parts: Partial<KeyboardEvent>): number => {
  const submit = vi.fn();
  onEnter({ key: 'Enter', preventDefault: () => undefined, ...parts } as KeyboardEvent, submit);
  return submit.mock.calls.length;
};

describe('the Enter key', () => {
  it('sends', () => expect(press({})).toBe(1));
  it('makes a new line with Shift', () => expect(press({ shiftKey: true })).toBe(0));
  it('ends a word of an input method', () => {
    expect(press({ isComposing: true })).toBe(0);
    expect(press({ keyCode: 229 })).toBe(0);
  });
});
