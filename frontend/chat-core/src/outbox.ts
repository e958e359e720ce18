import { asChatError, backoff, passes, pause } from './errors.js';
import type { ChatError, KeyValueStore } from './types.js';
import type { ReceiptWire } from './wire.js';

/** A message that the server has not taken yet. */
export interface Letter {
  nonce: string;
  room: string;
  text: string;
  files?: string[];
  replyTo?: string;
  at: number;
  /** Why it was refused; it stays until it is sent again or discarded. */
  error?: string;
}

/** Who sends, and who is told what came of it. */
export interface Post {
  online(): boolean;
  send(letter: Letter): Promise<ReceiptWire>;
  sent(letter: Letter, receipt: ReceiptWire): void;
  /** Something was refused, or waits again. */
  changed(): void;
}

const maxLetters = 100;
const maxBytes = 256 * 1024;

/**
 * What is not sent yet, in order, kept over reloads for each user. Two pages that share a storage may both send a
 * letter: its nonce makes that one message.
 */
export class Outbox {
  private letters: Letter[] = [];
  private readonly busy = new Set<string>();
  private key = '';

  constructor(
    private readonly post: Post,
    private readonly storage: KeyValueStore | null,
    private readonly server: string,
  ) {}

  /** Takes the user's letters over, from storage too, and returns those that it did not have. */
  open(user: string): Letter[] {
    const key = `parley:outbox:${this.server}:${user}`;
    if (key === this.key) return [];
    this.key = key;
    const kept = this.stored().filter((l) => !this.find(l.nonce));
    this.save([...this.stored(), ...this.letters]);
    this.letters = [...kept, ...this.letters];
    return kept;
  }

  /** Another user's turn. What is stored waits for the first one's return. */
  close(): void {
    this.letters = [];
    this.key = '';
  }

  find(nonce: string): Letter | undefined {
    return this.letters.find((l) => l.nonce === nonce);
  }

  all(): readonly Letter[] {
    return this.letters;
  }

  /** Adds a letter, unless the queue is full. */
  add(letter: Letter): void {
    this.letters = [...this.letters, letter];
    if (this.letters.length > maxLetters || size(this.letters) > maxBytes) {
      letter.error = 'Too much is waiting to be sent'; // shown, not stored
      return this.post.changed();
    }
    this.save([...this.stored(), letter]);
    void this.deliver(letter.room);
  }

  /** Sends one that was refused again, behind what waits in its room. */
  retry(nonce: string): void {
    const letter = this.find(nonce);
    if (!letter?.error) return;
    this.remove(nonce);
    this.add({ ...letter, error: undefined });
  }

  remove(nonce: string): void {
    if (!this.find(nonce)) return;
    this.letters = this.letters.filter((l) => l.nonce !== nonce);
    this.save(this.stored().filter((l) => l.nonce !== nonce));
  }

  /** Sends what waits: each room's letters one after the other, the rooms side by side. */
  flush(): void {
    for (const room of new Set(this.letters.map((l) => l.room))) void this.deliver(room);
  }

  private async deliver(room: string): Promise<void> {
    if (this.busy.has(room)) return;
    this.busy.add(room);
    let letter: Letter | undefined;
    for (let failures = 0; this.post.online() && (letter = this.next(room)); ) {
      try {
        const receipt = await this.post.send(letter);
        failures = 0;
        this.remove(letter.nonce);
        this.post.sent(letter, receipt);
      } catch (caught) {
        const error = asChatError(caught);
        if (passes(error)) {
          if (this.post.online()) await pause(error.retryAfterMs ?? backoff(failures++));
        } else if (this.find(letter.nonce)) {
          this.refuse(letter, error);
        }
      }
    }
    this.busy.delete(room);
  }

  private next(room: string): Letter | undefined {
    return this.letters.find((l) => l.room === room && !l.error);
  }

  private refuse(letter: Letter, error: ChatError): void {
    letter.error = error.message;
    this.save(this.stored().map((l) => (l.nonce === letter.nonce ? letter : l)));
    this.post.changed();
  }

  private stored(): Letter[] {
    if (!this.key) return [];
    try {
      const kept: unknown = JSON.parse(this.storage?.getItem(this.key) ?? '[]');
      return Array.isArray(kept)
        ? (kept as Letter[]).filter((l) => l?.nonce && l.room && typeof l.text === 'string')
        : [];
    } catch {
      return [];
    }
  }

  // A storage that is full or forbidden keeps nothing; sending goes on.
  private save(letters: Letter[]): void {
    if (!this.key) return;
    try {
      const each = [...new Map(letters.map((l) => [l.nonce, l])).values()];
      if (each.length) this.storage?.setItem(this.key, JSON.stringify(each));
      else this.storage?.removeItem(this.key);
    } catch {
      // nothing to be done
    }
  }
}

const size = (letters: Letter[]): number => new TextEncoder().encode(JSON.stringify(letters)).length;
