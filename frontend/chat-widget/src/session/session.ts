import type { Client, ClientOptions, Connection } from '@parley/chat-core';
import { loadPart } from '../base';
import { Conversation, type Listener } from './conversation';
import { Identity } from './identity';
import { local } from './storage';

/** Where one chats, and as whom: null is a guest. */
export interface Place {
  /** The server's base address, with a slash at its end. */
  url: string;
  room: string;
  token: string | null;
}

/** How long the connection may be lost before anybody is troubled with it. */
const patience = 1200;
/** How long a server's restart may take before it is an interruption like any other. */
const restartTime = 15_000;
const retryAfter = 3000;

/** Loads what talks to the server; called ahead, it is there when the chat opens. */
export const loadClient = (): Promise<{ createClient(options: ClientOptions): Client }> => loadPart('client');

/** The conversation of the place that the element names, from its first use until the place is another. */
export class Session {
  conversation: Conversation | undefined;
  /** What is to be told of the connection; undefined where all is well, or was so until a moment ago. */
  trouble: Connection | undefined;
  private identity: Identity | undefined;
  private place: Place = { url: '', room: '', token: null };
  private drainedUntil = 0;
  private telling: ReturnType<typeof setTimeout> | undefined;
  private trying: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly to: Listener,
    /** What is kept of the last place has to go. */
    private readonly left: () => void,
  ) {}

  /** Goes where the element says. Nobody is made a guest before they open the chat. */
  follow(place: Place, opened: boolean): void {
    const before = this.place;
    if (this.identity) {
      // Another user starts with nothing of the last one's; the same one's new token goes to the client.
      const stays = place.url === before.url && place.room === before.room && this.identity.sameAs(place.token);
      if (!stays) this.leave();
      else if (place.token && place.token !== before.token)
        this.identity.replace(place.token, this.conversation?.client);
    }
    this.place = place;
    if (!this.identity) this.begin(opened);
  }

  /** Starts over; a guest who was refused as another one. */
  restart(): void {
    if (!this.place.token) this.identity?.forget();
    this.leave();
    this.begin(true);
  }

  /** Forgets the guest of a server. */
  forget(url: string): void {
    (this.identity ?? new Identity(url, local(), null)).forget();
    this.leave();
  }

  leave(): void {
    clearTimeout(this.telling);
    clearTimeout(this.trying);
    this.conversation?.close();
    this.conversation = this.identity = this.trouble = undefined;
    this.left();
  }

  /** The token in use, for what does not go through the client. */
  async token(): Promise<string> {
    if (!this.identity) throw new Error('There is no session');
    return this.identity.current();
  }

  private begin(opened: boolean): void {
    const { url, room, token } = this.place;
    const identity = new Identity(url, local(), token);
    if (!opened && !identity.known) return;
    this.identity = identity;
    this.connected('connecting');
    const current = () => this.identity === identity;
    loadClient().then(
      ({ createClient }) => {
        if (!current()) return;
        const client = createClient({ url, token: identity.source, storage: local() });
        this.conversation = new Conversation(client, room, {
          ...this.to,
          connected: (connection) => this.connected(connection),
        });
        this.conversation.connect();
        this.to.changed();
      },
      () => {
        if (!current()) return;
        this.connected('offline');
        this.trying = setTimeout(() => this.begin(true), retryAfter);
      },
    );
  }

  private connected(connection: Connection): void {
    if (this.identity) this.identity.accepted = connection === 'online';
    clearTimeout(this.telling);
    const well = connection === 'online' || connection === 'idle' || connection === 'closed';
    if (connection === 'draining') this.drainedUntil = Date.now() + restartTime;
    else if (well) this.drainedUntil = 0;
    const left = this.drainedUntil - Date.now();
    const lost = connection === 'offline' || connection === 'connecting';
    if (well) this.show(undefined);
    else if (lost && left > 0) {
      // What a restart has cut off is called a restart, for as long as one may take.
      this.show('draining');
      this.telling = setTimeout(() => this.show(connection), left);
    } else if (lost && !this.trouble) {
      // A short interruption is nobody's trouble.
      this.telling = setTimeout(() => this.show(connection), patience);
    } else this.show(connection);
    this.to.connected(connection);
  }

  private show(trouble: Connection | undefined): void {
    this.trouble = trouble;
    this.to.changed();
  }
}
