import { auto } from './base';
import { ParleyChat } from './parley-chat';

declare global {
  interface HTMLElementTagNameMap {
    'parley-chat': ParleyChat;
  }
}

// A page may load the script twice; the first one stays.
if (!customElements.get('parley-chat')) customElements.define('parley-chat', ParleyChat);

/** Adds the widget that a script tag with `data-auto` asks for; what else the tag says is the element's. */
function add(said: DOMStringMap): void {
  if (document.querySelector('parley-chat')) return;
  const element = document.createElement('parley-chat');
  for (const [name, value] of Object.entries(said)) if (name !== 'auto') element.setAttribute(name, value ?? '');
  document.body.append(element);
}

if (auto) {
  const said = auto;
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', () => add(said));
  else add(said);
}
