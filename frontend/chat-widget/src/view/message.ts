import type { ChatMessage } from '@parley/chat-core';
import { html, nothing, type TemplateResult } from 'lit/html.js';
import { isName } from '../files/name';
import { markdown } from '../markdown/lazy';
import { rare } from '../rare/lazy';
import type { Texts } from '../texts';
import type { Host } from './host';
import { stopIcon } from './icons';

type Shown = TemplateResult | typeof nothing;

/** A message older than this is history: it does not move when it is shown. */
const fresh = 3000;

/** One message, and what there is to say of it where it is not simply there. */
export function bubble(host: Host, message: ChatMessage): TemplateResult {
  const { texts } = host;
  const waits = message.status === 'streaming' && !message.text;
  const enters = Math.abs(Date.now() - message.createdAt.getTime()) < fresh && message.role !== 'assistant';
  return html`
    <div class="message ${message.status} ${enters ? 'enter' : ''}">
      ${waits ? writing(texts) : nothing}
      ${message.text && !isName(message) ? html`<div class="bubble">${text(host, message)}</div>` : nothing}
      ${message.files.map((file) => host.file(message, file))}
      ${message.sources?.length ? sources(texts, message.sources) : nothing}
      ${message.status === 'streaming'
        ? html`<button class="stop" type="button" @click=${() => host.stop()}>${stopIcon}${texts.stop}</button>`
        : nothing}
      ${status(host, message)}
    </div>
  `;
}

function text(host: Host, message: ChatMessage): unknown {
  return markdown(host, message) ?? html`<div class="plain" dir="auto">${message.text}</div>`;
}

export function writing(texts: Texts): TemplateResult {
  return html`<div class="bubble dots" role="img" aria-label=${`${texts.assistant} ${texts.typing}`}>
    <i></i><i></i><i></i>
  </div>`;
}

function sources(texts: Texts, list: NonNullable<ChatMessage['sources']>): TemplateResult {
  const documents = [...new Set(list.map((source) => source.document))];
  return html`<p class="sources">
    <b>${texts.sources}</b>${documents.map((document) => html`<span dir="auto">${document}</span>`)}
  </p>`;
}

function status(host: Host, message: ChatMessage): Shown | undefined {
  const { texts } = host;
  const note = (words: string): TemplateResult => html`<p class="status">${words}</p>`;
  switch (message.status) {
    case 'pending':
      return note(texts.sending);
    case 'queued':
      return note(texts.queued);
    case 'failed':
      return message.own ? rare(host)?.failed(host, message) : note(texts.replyFailed);
    case 'failed-reply':
      return note(texts.replyFailed);
    case 'cancelled':
      return note(texts.stopped);
    case 'interrupted':
      return note(texts.interrupted);
  }
  return message.edited ? note(texts.edited) : nothing;
}

/** How far one's own newest message has come. */
export function receipt(texts: Texts, message: ChatMessage): string {
  return message.readBy.some((user) => user !== message.sender) ? texts.read : texts.sent;
}
