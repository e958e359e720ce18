import type { KeyValueStore } from '@parley/chat-core';

/** The browser's own store; null where a page may not keep anything. */
export function local(): KeyValueStore | null {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}
