import type { KeyValueStore } from '@parley/chat-core';

interface Guest {
  token: string;
  /** Milliseconds since 1970. */
  expires: number;
}

/** Guests' tokens last 30 days on the server; one that says nothing is asked for again before that. */
const day = 86_400_000;
const unknownLife = 25 * day;
/** A token this close to its end is not worth a connection. */
const margin = 60_000;

/** What a JWT says, nothing where it is none. It is read, not checked: the server does that. */
export function claims(token: string): { sub?: string; exp?: number } {
  try {
    const text = atob(token.split('.')[1].replace(/-/g, '+').replace(/_/g, '/'));
    return (JSON.parse(text) as { sub?: string; exp?: number }) ?? {};
  } catch {
    return {};
  }
}

/**
 * The guest that a browser is, at one server: asked for once, kept until it ends or the server refuses it. Where nothing
 * can be kept (private windows, sandboxes) it lives as long as the page.
 */
export class GuestStore {
  private readonly key: string;
  private memory: Guest | undefined;
  private asking: Promise<string> | undefined;

  constructor(
    private readonly server: string,
    private readonly storage: KeyValueStore | null,
    private readonly request: typeof fetch = (...args) => fetch(...args),
    private readonly now: () => number = Date.now,
  ) {
    this.key = `parley-guest:${server}`;
  }

  /** Whether there is a guest already: a page that nobody chatted on makes none. */
  get known(): boolean {
    return !!this.kept();
  }

  /** The guest's token. `refused` is one that the server did not take: another is made, unless another tab did so. */
  async token(refused?: string): Promise<string> {
    const guest = this.kept();
    if (guest && guest.token !== refused) return guest.token;
    this.asking ??= this.make().finally(() => (this.asking = undefined));
    return this.asking;
  }

  forget(): void {
    this.memory = undefined;
    try {
      this.storage?.removeItem(this.key);
    } catch {
      // Nothing was kept then.
    }
  }

  private async make(): Promise<string> {
    const response = await this.request(`${this.server}auth/guest`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: '{}',
    });
    if (!response.ok) throw new Error(`guest: ${response.status}`);
    const { token } = (await response.json()) as { token: string };
    const { exp } = claims(token);
    this.memory = { token, expires: exp ? exp * 1000 : this.now() + unknownLife };
    try {
      this.storage?.setItem(this.key, JSON.stringify(this.memory));
    } catch {
      // Full or forbidden: the page's memory has to do.
    }
    return token;
  }

  private kept(): Guest | undefined {
    let guest = this.memory;
    try {
      const text = this.storage?.getItem(this.key);
      if (text) guest = JSON.parse(text) as Guest;
    } catch {
      // What cannot be read is no guest.
    }
    return guest && typeof guest.token === 'string' && guest.expires > this.now() + margin ? guest : undefined;
  }
}
