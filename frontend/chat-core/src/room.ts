import { chatError, offline } from './errors.js';
import { page, Replica } from './replica.js';
import type { ChatMessage, Room } from './types.js';
import type { EventWire, HistoryWire, ReceiptWire } from './wire.js';

/** A room as its users see it: what they may do, over what the replica has. */
export class ChatRoom extends Replica implements Room {
  private older: Promise<void> | undefined;

  load(): Promise<void> {
    if (this.loaded) return Promise.resolve();
    this.wanted = true;
    return new Promise((resolve, reject) => {
      this.loads.push({ resolve, reject });
      this.host.catchUp();
    });
  }

  unload(): void {
    this.held = false;
    this.release();
    this.timeline.clear(true);
    this.refuse('The room was unloaded');
  }

  loadOlder(): Promise<void> {
    const before = this.timeline.oldest;
    if (!this.more || !before) return Promise.resolve();
    return (this.older ??= this.history(before).finally(() => (this.older = undefined)));
  }

  send(text: string, { files, replyTo }: { files?: string[]; replyTo?: string } = {}): string {
    const letter = { nonce: uuid(), room: this.mine ? 'me' : this.id, text, files, replyTo, at: Date.now() };
    this.typists.stop();
    this.host.outbox.add(letter);
    this.show(letter);
    return letter.nonce;
  }

  retry(key: string): void {
    this.host.outbox.retry(key);
    this.refreshUnsent();
  }

  discard(key: string): void {
    if (!this.host.outbox.find(key)) return;
    this.host.outbox.remove(key);
    this.timeline.drop(key);
  }

  async edit(id: string, text: string): Promise<void> {
    this.timeline.change(id, await this.host.link.call<EventWire>('edit', { messageId: id, text }));
  }

  async remove(id: string): Promise<void> {
    this.timeline.change(id, { ...(await this.host.link.call<EventWire>('delete', { messageId: id })), deleted: true });
  }

  async stop(): Promise<void> {
    const reply = this.timeline.streaming;
    if (reply) await this.host.link.call('stop', { messageId: reply.id });
  }

  type(): void {
    if (this.host.link.online) this.typists.type();
  }

  read(seq = this.timeline.newest): void {
    this.reads.read(seq);
  }

  async escalate(reason?: string): Promise<void> {
    await this.host.link.call('human-escalation', { reason, roomId: this.id });
  }

  async clear(): Promise<void> {
    const own = this.known?.kind === 'assistant' && this.known.creator === this.host.userId();
    if (!this.mine && !own) throw chatError('forbidden', 'Only your own conversation can be cleared');
    await (await this.host.web()).json('DELETE', 'chat/history');
  }

  /** Shows what is not sent yet. */
  show(letter: { nonce: string; text: string; files?: string[]; replyTo?: string; at: number }): void {
    const { nonce, text: message, files, replyTo, at } = letter;
    const m = { message, files, replyTo, contentType: contentType(message, files) };
    this.timeline.add(nonce, m, new Date(at), this.host.link.online);
    this.refreshUnsent();
  }

  confirm(nonce: string, receipt: ReceiptWire): void {
    this.timeline.confirm(nonce, receipt);
  }

  refreshUnsent(): void {
    for (const { nonce, error } of this.host.outbox.all()) {
      this.timeline.mark(nonce, error ? 'failed' : this.host.link.online ? 'pending' : 'queued', error);
    }
  }

  private async history(before: number): Promise<void> {
    const { stay } = this;
    const { link } = this.host;
    const { turn } = link;
    const { messages, more } = await link.call<HistoryWire>('history', { roomId: this.id, before, limit: page });
    if (stay !== this.stay) return;
    if (turn !== link.turn) throw offline();
    this.more = more;
    for (const m of messages) this.put(m);
    this.timeline.touch();
  }
}

export const contentType = (text: string, files?: string[]): ChatMessage['contentType'] =>
  files?.length ? (text ? 'multimedia' : 'file') : 'text';

// randomUUID is there in secure contexts alone.
function uuid(): string {
  if (crypto.randomUUID) return crypto.randomUUID();
  const random = (): number => crypto.getRandomValues(new Uint8Array(1))[0];
  return '00000000-0000-4000-8000-000000000000'.replace(/0/g, () => (random() & 15).toString(16));
}
