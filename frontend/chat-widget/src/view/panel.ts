import { html, nothing, type TemplateResult } from 'lit/html.js';
import { rare } from '../rare/lazy';
import { composer } from './composer';
import type { Host } from './host';
import { clearIcon, closeIcon, downIcon, personIcon, sparkIcon } from './icons';
import { log } from './log';
import { banner, queue } from './notices';

/** The open chat: who one talks to, what is going on, the messages, and where one writes. */
export function panel(host: Host): TemplateResult {
  const { texts } = host;
  return html`
    <section class="panel" role="dialog" aria-labelledby="title">
      ${header(host)} ${banner(host)} ${queue(host)}
      <div class="body" ?inert=${host.confirming}>
        ${log(host)}
        ${host.scrolling.up
          ? html`<button class="newest" type="button" aria-label=${texts.toNewest} @click=${() => host.toNewest()}>
              ${downIcon}
            </button>`
          : nothing}
      </div>
      ${composer(host)} ${host.confirming ? rare(host)?.confirmation(host) : nothing}
    </section>
  `;
}

function header(host: Host): TemplateResult {
  const { texts, conversation } = host;
  const assigned = conversation?.state.state === 'assigned';
  const online = conversation?.client.connection === 'online';
  return html`
    <header ?inert=${host.confirming}>
      <span class="avatar ${assigned ? 'person' : ''}">
        ${assigned ? personIcon : sparkIcon}<span class="presence ${online ? 'on' : ''}"></span>
      </span>
      <div class="who">
        <h2 id="title" dir="auto">${host.heading || texts.title}</h2>
        <p>${subtitle(host)}</p>
      </div>
      ${host.ownRoom && conversation?.messages.length
        ? html`<button class="quiet" type="button" aria-label=${texts.clear} @click=${() => host.confirm(true)}>
            ${clearIcon}
          </button>`
        : nothing}
      <button class="quiet" type="button" aria-label=${texts.closeChat} @click=${() => host.close()}>
        ${closeIcon}
      </button>
    </header>
  `;
}

function subtitle({ texts, conversation }: Host): string {
  switch (conversation?.state.state) {
    case 'assigned':
      return texts.agent;
    case 'waiting':
      return texts.waiting;
    default:
      return conversation?.client.connection === 'online' ? texts.assistantState : texts.assistant;
  }
}
