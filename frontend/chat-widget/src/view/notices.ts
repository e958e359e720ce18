import { html, nothing, type TemplateResult } from 'lit/html.js';
import { rare } from '../rare/lazy';
import type { Host } from './host';
import { alertIcon, closeIcon } from './icons';

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

/** How far the way to a person has come, for who is on it. Always there, so that it is read out. */
export function queue(host: Host): TemplateResult {
  const state = host.conversation?.state.state ?? 'none';
  const moves = state !== 'none' && state !== 'bot';
  return html`<div role="status">${moves ? rare(host)?.queue(host) : nothing}</div>`;
}
