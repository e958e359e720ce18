import type { ChatMessage } from '@parley/chat-core';
import { html, nothing, type TemplateResult } from 'lit';
import type { Texts } from '../texts';
import { chatIcon, closeIcon, downIcon, personIcon, sparkIcon } from './icons';

export interface LauncherHost {
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
/** What a preview shows of a message, before its lines are cut by the style. */
const excerpt = 200;

/** The round button in the corner, how many messages are unread, and what the newest of them says. */
export function launcher(host: LauncherHost): TemplateResult {
  const { texts, opened, unread } = host;
  const label = opened ? texts.closeChat : unread ? `${texts.openChat}, ${texts.unread(unread)}` : texts.openChat;
  return html`
    <div role="status">${host.preview && !opened ? preview(host, host.preview) : nothing}</div>
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

function preview(host: LauncherHost, message: ChatMessage): TemplateResult {
  const { texts } = host;
  const agent = message.role === 'agent';
  // Signs of Markdown are no news.
  const text = message.text.slice(0, excerpt).replace(/[*_`#]+/g, '');
  return html`
    <div class="preview">
      <button class="teaser" type="button" @click=${() => host.open()}>
        <span class="avatar ${agent ? 'person' : ''}">${agent ? personIcon : sparkIcon}</span>
        <span>
          <b>${agent ? texts.agent : texts.assistant}</b>
          <span class="excerpt" dir="auto">${text || texts.attachment}</span>
        </span>
      </button>
      <button
        class="quiet small"
        type="button"
        aria-label=${texts.dismissPreview}
        @click=${() => host.dismissPreview()}
      >
        ${closeIcon}
      </button>
    </div>
  `;
}
