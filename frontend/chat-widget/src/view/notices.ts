import { html, nothing, type TemplateResult } from 'lit';
import { duration } from './days';
import type { Host } from './host';
import { alertIcon, checkIcon, closeIcon, personIcon } from './icons';

type Shown = TemplateResult | typeof nothing;

/** What is wrong with the connection, and what went wrong a moment ago. Always there, so that it is read out. */
export function banner(host: Host): TemplateResult {
  const { texts, trouble } = host;
  const text =
    trouble === 'connecting' || trouble === 'offline' || trouble === 'draining' || trouble === 'refused'
      ? texts[trouble]
      : '';
  return html`
    <div role="status">
      ${text
        ? html`<div class="banner ${trouble}">
            ${trouble === 'refused' ? alertIcon : html`<span class="spinner"></span>`}
            <span>${text}</span>
            ${trouble === 'refused'
              ? html`<button class="link" type="button" @click=${() => host.reconnect()}>
                  ${host.guest ? texts.startAnew : texts.tryAgain}
                </button>`
              : nothing}
          </div>`
        : nothing}
    </div>
    <div role="alert">
      ${host.notice
        ? html`<div class="banner refused">
            ${alertIcon}<span dir="auto">${host.notice}</span>
            <button class="quiet small" type="button" aria-label=${texts.dismiss} @click=${() => host.dismissNotice()}>
              ${closeIcon}
            </button>
          </div>`
        : nothing}
    </div>
  `;
}

/** How far the way to a person has come. The running time is for the eyes: it would be read out every second. */
export function queue(host: Host): TemplateResult {
  return html`<div role="status">${state(host)}</div>`;
}

function state({ texts, conversation }: Host): Shown {
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
  if (state === 'resolved') return html`<div class="queue">${checkIcon}<span>${texts.resolved}</span></div>`;
  return nothing;
}

/** Asks before the history is cleared, inside the widget. */
export function confirmation(host: Host): TemplateResult {
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
