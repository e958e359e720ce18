import { ChangeDetectionStrategy, Component, LOCALE_ID, computed, inject, input, output } from '@angular/core';
import type { ChatMessage } from '@parley/chat-core';
import { segments } from './segments';
import { PARLEY_TEXTS } from './texts';

/** One message: who, what, when, how far it has come. All of it is bound as text. */
@Component({
  selector: 'li[parleyMessage]',
  templateUrl: './message-row.html',
  styleUrl: './message-row.css',
  changeDetection: ChangeDetectionStrategy.OnPush,
  host: {
    '[class.own]': 'message().own',
    '[class.follows]': 'follows()',
    '[class.system]': "message().role === 'system'",
    '[class.agent]': "message().role === 'agent'",
    '[class.failed]': "message().status === 'failed'",
  },
})
export class MessageRow {
  readonly message = input.required<ChatMessage>({ alias: 'parleyMessage' });
  readonly follows = input(false);
  readonly followed = input(false);
  readonly newestOwn = input(false);
  readonly name = input('');
  readonly retry = output<string>();
  readonly discard = output<string>();

  protected readonly texts = inject(PARLEY_TEXTS);
  private readonly clock = new Intl.DateTimeFormat(inject(LOCALE_ID), { timeStyle: 'short' });

  protected readonly segments = computed(() => segments(this.message().text));
  protected readonly streaming = computed(() => this.message().status === 'streaming');
  protected readonly time = computed(() => this.clock.format(this.message().createdAt));

  /** What is to be said about the sender's own message beside the time. */
  protected readonly progress = computed(() => {
    const { own, status, readBy, sender } = this.message();
    if (!own) return '';
    if (status === 'pending') return this.texts.pending;
    if (status === 'queued') return this.texts.queued;
    if (!this.newestOwn()) return '';
    return readBy.some((reader) => reader !== sender) ? this.texts.read : this.texts.sent;
  });

  /** What is to be said about a reply that did not come to its end. */
  protected readonly ending = computed(() => {
    const { status, error } = this.message();
    if (status === 'interrupted') return this.texts.interrupted;
    if (status === 'cancelled') return this.texts.cancelled;
    if (status === 'failed-reply') return error || this.texts.failedReply;
    return '';
  });
}
