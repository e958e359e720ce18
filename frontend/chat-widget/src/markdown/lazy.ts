import type { ChatMessage } from '@parley/chat-core';
import { loadPart } from '../base';

interface Part {
  render(text: string): DocumentFragment;
}

/** Signs that a text is more than lines of words. */
const signs = /[*_`#|~[\]>]|https?:|www\.|^\s*([-+]|\d+[.)])\s/m;

const retryAfter = 10_000;

let part: Part | undefined;
let loading = false;
const shown = new WeakMap<ChatMessage, HTMLElement>();

/**
 * An element with the message's Markdown; undefined where it has none, or while what renders it is still on its way:
 * `ready` is called then. A message that has not changed keeps its element.
 */
export function markdown(message: ChatMessage, ready: () => void): HTMLElement | undefined {
  if (message.own || message.role === 'system' || !signs.test(message.text)) return undefined;
  if (!part) {
    if (!loading) void load(ready);
    return undefined;
  }
  let element = shown.get(message);
  if (!element) {
    element = document.createElement('div');
    element.className = 'markdown';
    element.dir = 'auto';
    element.append(part.render(message.text));
    shown.set(message, element);
  }
  return element;
}

async function load(ready: () => void): Promise<void> {
  loading = true;
  try {
    part = await loadPart<Part>('markdown');
    ready();
  } catch {
    // The text stays plain; a message that is shown later tries again.
    setTimeout(() => (loading = false), retryAfter);
  }
}
