import type { Client, KeyValueStore } from '@parley/chat-core';
import { claims, GuestStore } from './guest';

/** Who one is at a server: the page's token, or a guest where it has none. */
export class Identity {
  private readonly guests: GuestStore;
  /** Whether the server has taken the last token: it is connected with it. */
  accepted = false;
  private given: string | undefined;

  constructor(
    server: string,
    storage: KeyValueStore | null,
    private token: string | null,
  ) {
    this.guests = new GuestStore(server, storage);
  }

  /** Whether somebody is known without asking the server for a guest. */
  get known(): boolean {
    return !!this.token || this.guests.known;
  }

  /**
   * What the client asks for a token: at first, when the last one was refused, and ahead of its end. A guest who is still
   * connected then is not refused, and stays who they are.
   */
  readonly source = async (): Promise<string> => {
    this.given = this.token || (await this.guests.token(this.accepted ? undefined : this.given));
    return this.given;
  };

  /** The token that is in use, for what does not go through the client. */
  current(): Promise<string> {
    return this.token ? Promise.resolve(this.token) : this.guests.token();
  }

  /** Whether a token, or none, stands for the same user. */
  sameAs(token: string | null): boolean {
    if (!token || !this.token || token === this.token) return (token || null) === (this.token || null);
    const { sub } = claims(token);
    return !!sub && sub === claims(this.token).sub;
  }

  replace(token: string, client: Client | undefined): void {
    this.token = token;
    client?.setToken(this.source);
  }

  forget(): void {
    this.given = undefined;
    this.guests.forget();
  }
}
