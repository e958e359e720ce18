import type { ChatMessage } from '@parley/chat-core';
import { Lazy } from '../lazy';
import type { Host } from '../view/host';

interface Part {
  render(text: string): DocumentFragment;
  styles: string;
}

/** Signs that a text is more than lines of words. */
const signs = /[*_`#|~[\]>]|https?:|www\.|^\s*([-+]|\d+[.)])\s/m;

const part = new Lazy<Part>('markdown', (loaded) => loaded);
const shown = new WeakMap<ChatMessage, HTMLElement>();

/**
 * An element with the message's Markdown; undefined where it has none, or while what renders it is still on its way.
 * A message that has not changed keeps its element.
 */
export function markdown(host: Host, message: ChatMessage): HTMLElement | undefined {
  if (message.own || message.role === 'system' || !signs.test(message.text)) return undefined;
  const loaded = part.get(() => host.requestUpdate());
  if (!loaded) return undefined;
  host.wear(loaded.styles);
  let element = shown.get(message);
  if (!element) {
    element = document.createElement('div');
    element.className = 'markdown';
    element.dir = 'auto';
    element.append(loaded.render(message.text));
    shown.set(message, element);
  }
  return element;
}
