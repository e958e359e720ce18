import type { ChatMessage } from '@parley/chat-core';
import { html, nothing, type TemplateResult } from 'lit/html.js';
import { rare } from '../rare/lazy';
import type { Texts } from '../texts';
import { chatIcon, downIcon } from './icons';
import type { Stage } from './host';

export interface LauncherHost extends Stage {
  readonly texts: Texts;
  readonly opened: boolean;
  readonly unread: number;
  /** The newest unread message, unless it was dismissed. */
  readonly preview: ChatMessage | undefined;
  prepare(): void;
  toggle(): void;
  open(): void;
  dismissPreview(): void;
}

const most = 99;

/** The round button in the corner, how many messages are unread, and what the newest of them says. */
export function launcher(host: LauncherHost): TemplateResult {
  const { texts, opened, unread } = host;
  const label = opened ? texts.closeChat : unread ? `${texts.openChat}, ${texts.unread(unread)}` : texts.openChat;
  return html`
    <div role="status">${host.preview && !opened ? rare(host)?.preview(host, host.preview) : nothing}</div>
    <button
      class="launcher"
      type="button"
      aria-label=${label}
      aria-expanded=${opened}
      aria-haspopup="dialog"
      @pointerenter=${() => host.prepare()}
      @click=${() => host.toggle()}
    >
      ${opened ? downIcon : chatIcon}
      ${unread && !opened
        ? html`<span class="badge" aria-hidden="true">${unread > most ? `${most}+` : unread}</span>`
        : nothing}
    </button>
  `;
}
