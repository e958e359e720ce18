import type { ChatMessage } from '@parley/chat-core';
import { html, nothing, type TemplateResult } from 'lit/html.js';
import { repeat } from 'lit/directives/repeat.js';
import { byDay, dayName, type Block } from './days';
import type { Host } from './host';
import { sparkIcon } from './icons';
import { bubble, receipt, writing } from './message';

type Shown = TemplateResult | typeof nothing;

/**
 * The messages. What is finished is in the log, which screen readers read out; from the first reply that is still being
 * written on, messages stand behind it, and come into the log once they are whole: read once, not word by word.
 */
export function log(host: Host): TemplateResult {
  const { texts, conversation } = host;
  const room = conversation?.room;
  const messages = room?.messages ?? [];
  const streaming = messages.findIndex((message) => message.status === 'streaming');
  const whole = streaming < 0 ? messages : messages.slice(0, streaming);
  const rest = streaming < 0 ? [] : messages.slice(streaming);
  const quiet = !room?.loaded || conversation?.loadingOlder;
  const last = messages.findLast((message) => message.own);
  return html`
    <div class="scroll" tabindex="0" role="region" aria-label=${texts.messages} @scroll=${host.scrolling.onScroll}>
      ${room?.more
        ? html`<button class="earlier" type="button" @click=${() => host.scrolling.loadOlder()}>
            ${conversation?.loadingOlder ? html`<span class="spinner"></span>` : texts.earlier}
          </button>`
        : nothing}
      ${messages.length ? nothing : empty(host)}
      <div role="log" aria-live=${quiet ? 'off' : 'polite'} aria-relevant="additions" aria-label=${texts.messages}>
        ${days(host, whole, last)}
      </div>
      <div class="rest" role="group" aria-busy=${rest.length > 0}>
        ${rest.length ? days(host, rest, last, whole.at(-1)) : nothing} ${typing(host, messages)}
      </div>
    </div>
  `;
}

function days(host: Host, messages: readonly ChatMessage[], last?: ChatMessage, before?: ChatMessage): unknown {
  const { texts, language } = host;
  const now = new Date();
  const shown = before?.createdAt.toDateString();
  return repeat(
    byDay(messages),
    (day) => day.date.getTime(),
    (day) => html`
      ${day.date.toDateString() === shown
        ? nothing
        : html`<h3 class="day">
            <span>${dayName(day.date, now, language, texts.today, texts.yesterday)}</span>
          </h3>`}
      ${repeat(
        day.blocks,
        (block) => block.key,
        (block) => blockView(host, block, last),
      )}
    `,
  );
}

function blockView(host: Host, block: Block, last?: ChatMessage): TemplateResult {
  const { texts, language } = host;
  const system = block.role === 'system';
  const name = block.own ? texts.you : block.role === 'agent' ? texts.agent : texts.assistant;
  const end = block.messages[block.messages.length - 1];
  return html`
    <div class="block ${block.own ? 'own' : block.role}" role="group" aria-label=${system ? texts.system : name}>
      ${block.own || system ? nothing : html`<p class="name" aria-hidden="true">${name}</p>`}
      ${repeat(
        block.messages,
        (message) => message.key,
        (message) => bubble(host, message),
      )}
      ${system || end.status === 'streaming' || !end.seq
        ? nothing
        : html`<p class="at">
            <time datetime=${end.createdAt.toISOString()}>${time(end.createdAt, language)}</time>${end === last
              ? ` · ${receipt(texts, end)}`
              : nothing}
          </p>`}
    </div>
  `;
}

const clocks = new Map<string, Intl.DateTimeFormat>();

function time(date: Date, language: string): string {
  let clock = clocks.get(language);
  if (!clock) clocks.set(language, (clock = new Intl.DateTimeFormat(language, { hour: 'numeric', minute: '2-digit' })));
  return clock.format(date);
}

/** Somebody types: a person, or the assistant before its first word. */
function typing({ texts, conversation }: Host, messages: readonly ChatMessage[]): Shown {
  const me = conversation?.client.user?.id;
  const others = conversation?.room.typing.some((user) => user !== me);
  if (!others || messages.at(-1)?.status === 'streaming') return nothing;
  return html`<div class="block agent">${writing(texts)}</div>`;
}

function empty({ texts, conversation, trouble }: Host): Shown {
  if (!conversation?.room.loaded && !trouble) return html`<div class="loading"><span class="spinner"></span></div>`;
  return html`
    <div class="empty">
      <span class="avatar large">${sparkIcon}</span>
      <p class="greeting">${texts.greeting}</p>
      <p>${texts.hint}</p>
    </div>
  `;
}
