import type { ChatMessage } from '@parley/chat-core';
import type { TemplateResult } from 'lit/html.js';
import type { Drawing } from '../lazy';
import type { Host } from '../view/host';
import type { LauncherHost } from '../view/launcher';
import { duration } from './duration';
import styles from './rare.css';

/** What a message's preview shows of it, before its lines are cut by the style. */
const excerpt = 200;

/** What most conversations never show: a preview, the way to a person, a message that was refused, the history's end. */
export class Rare {
  readonly styles = styles;

  constructor(private readonly drawing: Drawing) {}

  /** How far the way to a person has come. The running time is for the eyes: it would be read out every second. */
  queue({ texts, conversation }: Host): TemplateResult | typeof this.drawing.nothing {
    const { html, nothing, icon, personIcon } = this.drawing;
    if (!conversation) return nothing;
    const { state, position } = conversation.state;
    if (state === 'waiting') {
      return html`<div class="queue waiting">
        <span class="pulse"></span>
        <span>${position ? texts.place(position) : texts.waiting}</span>
        <span class="time" aria-hidden="true">${texts.waited(duration(conversation.waited))}</span>
      </div>`;
    }
    if (state === 'assigned') return html`<div class="queue">${personIcon}<span>${texts.withAgent}</span></div>`;
    if (state !== 'resolved') return nothing;
    return html`<div class="queue">${icon('m5 12.5 4.5 4.5L19 7.5')}<span>${texts.resolved}</span></div>`;
  }

  /** One's own message that the server did not take. */
  failed({ texts, conversation }: Host, { key, error }: ChatMessage): TemplateResult {
    const { html, alertIcon } = this.drawing;
    return html`<p class="status error">
      ${alertIcon}<span>${texts.failed} <span dir="auto">${error}</span></span>
      <button class="link" type="button" @click=${() => conversation?.room.retry(key)}>${texts.retry}</button>
      <button class="link" type="button" @click=${() => conversation?.room.discard(key)}>${texts.discard}</button>
    </p>`;
  }

  /** Asks before the history is cleared, inside the widget. */
  confirmation(host: Host): TemplateResult {
    const { html } = this.drawing;
    const { texts } = host;
    return html`
      <div class="veil" @click=${() => host.confirm(false)}>
        <div
          class="sheet"
          role="alertdialog"
          aria-modal="true"
          aria-labelledby="question"
          aria-describedby="detail"
          @click=${(event: Event) => event.stopPropagation()}
        >
          <p class="question" id="question">${texts.clearQuestion}</p>
          <p id="detail">${texts.clearDetail}</p>
          <div class="choices">
            <button class="button" type="button" @click=${() => host.confirm(false)}>${texts.cancel}</button>
            <button class="button danger" type="button" @click=${() => host.clear()}>${texts.clear}</button>
          </div>
        </div>
      </div>
    `;
  }

  /** The newest unread message, above the launcher. */
  preview(host: LauncherHost, message: ChatMessage): TemplateResult {
    const { html, closeIcon, personIcon, sparkIcon } = this.drawing;
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
}
