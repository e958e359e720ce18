import { Manager, type Socket } from 'socket.io-client';

import { asChatError, backoff, chatError, offline } from './errors.js';
import { claims, type Tokens } from './token.js';
import type { ChatError, Connection } from './types.js';
import type { ReadyWire } from './wire.js';

const ackTimeoutMs = 20_000;
const reconnectMs = 500;
const renewAheadMs = 60_000;
const longestTimerMs = 2 ** 31 - 1;

/** Who is told what comes over a link. */
export interface Listener {
  state(state: Connection): void;
  /** A new session: what was missed has to be asked for. */
  ready(ready: ReadyWire): void;
  /** The old session goes on: nothing was missed. */
  resumed(): void;
  /** `ordered`: it stands in the room's order, so that everything before it is here; not so what is shown once more. */
  event(name: string, body: unknown, ordered: boolean): void;
  error(error: ChatError): void;
}

type Ack<T> = ({ ok: true } & T) | { ok: false; error: { code: string; message: string; retryAfterMs?: number } };

/** One connection to the server, made again whenever it is lost. */
export class Link {
  state: Connection = 'idle';
  /** Counts the connections: what was asked over an earlier one is not answered. */
  turn = 0;
  private socket: Socket | undefined;
  private asked = false; // for another token, since the last session
  private failures = 0;
  private last: ChatError | undefined; // why the session is about to end
  private stale = true; // until the next session begins
  private retrying: ReturnType<typeof setTimeout> | undefined;
  private renewing: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly base: URL,
    private readonly tokens: Tokens,
    private readonly listener: Listener,
  ) {}

  get online(): boolean {
    return this.state === 'online';
  }

  connect(): void {
    if (this.socket) return;
    const manager = new Manager(this.base.origin, {
      path: `${this.base.pathname}realtime/`,
      transports: ['websocket', 'polling'],
      tryAllTransports: true, // some proxies let no WebSocket through
      reconnectionDelay: reconnectMs,
      reconnectionDelayMax: 5000,
      autoConnect: false,
    });
    this.socket = manager.socket('/chat', { auth: (send) => this.authorize(send) });
    this.listen(this.socket);
    this.set('connecting');
    this.socket.connect();
    globalThis.window?.addEventListener?.('online', this.back);
    globalThis.window?.addEventListener?.('offline', this.cut);
  }

  close(): void {
    globalThis.window?.removeEventListener?.('online', this.back);
    globalThis.window?.removeEventListener?.('offline', this.cut);
    clearTimeout(this.retrying);
    clearTimeout(this.renewing);
    this.set('closed');
    this.socket?.disconnect().off().offAny();
    this.socket = undefined;
  }

  /** Starts over now, with the token as it is. */
  restart(): void {
    clearTimeout(this.retrying);
    this.asked = false;
    this.socket?.disconnect();
    this.set('connecting');
    this.socket?.connect();
  }

  /** Another token for the same user; `forbidden` if it is another's. */
  async refresh(token: string): Promise<void> {
    await this.call('auth:refresh', { token });
    this.renewLater();
  }

  /** Asks; `took` sees the answer before any event behind it. */
  call<T = unknown>(event: string, body: object, took?: (answer: T) => void): Promise<T> {
    const { socket } = this;
    if (!socket?.connected) return Promise.reject(offline());
    return new Promise((resolve, reject) => {
      socket.timeout(ackTimeoutMs).emit(event, body, (failed: Error | null, ack: Ack<T>) => {
        if (failed) {
          reject(socket.connected ? chatError('timeout', 'The server did not answer in time') : offline());
        } else if (ack.ok) {
          took?.(ack);
          resolve(ack);
        } else {
          reject(chatError(ack.error.code, ack.error.message, ack.error.retryAfterMs));
        }
      });
    });
  }

  /** Says something that needs no answer, or nothing while there is no connection. */
  say(event: string, body: object): void {
    if (this.online) this.call(event, body).catch(() => undefined);
  }

  private listen(socket: Socket): void {
    socket.on('connect', () => {
      socket.io.reconnectionDelay(reconnectMs);
      this.stale = false;
      if (socket.recovered) this.open(() => this.listener.resumed());
    });
    socket.on('connect_error', (error: Error & { data?: { code?: string } }) => {
      // What the way refused is tried again by socket.io, what the server refused is not.
      if (socket.active) this.set('offline');
      else void this.refused(chatError(error.data?.code ?? 'invalid', error.message));
    });
    socket.on('disconnect', (reason) => {
      clearTimeout(this.renewing);
      this.stale = true;
      if (reason === 'io client disconnect') return;
      this.set('offline');
      if (reason === 'io server disconnect')
        void this.refused(this.last ?? chatError('unauthenticated', 'The server ended the session'));
    });
    socket.on('exception', ({ code, message, retryAfterMs }: ChatError) => {
      this.last = chatError(code, message, retryAfterMs); // all that is asked here has an ack
    });
    socket.on('draining', ({ reconnectInMs }: { reconnectInMs: number }) => {
      socket.io.reconnectionDelay(reconnectInMs);
      this.set('draining'); // what is sent now would not be taken
    });
    socket.on('ready', (ready: ReadyWire) => this.open(() => this.listener.ready(ready)));
    socket.onAny((name: string, body: unknown, offset?: unknown) => {
      // The official client keeps what came as a connection ended for the next one: of a stream, that one tells anew.
      if (!this.stale || !name.startsWith('stream-')) this.listener.event(name, body, typeof offset === 'string');
    });
  }

  private open(tell: () => void): void {
    this.turn++;
    this.asked = false;
    this.failures = 0;
    this.last = undefined;
    this.renewLater();
    tell();
  }

  private authorize(send: (auth: object) => void): void {
    const { socket } = this;
    const engine = socket?.io.engine;
    this.tokens.get().then(
      (token) => {
        if (!token) void this.refused(chatError('unauthenticated', 'There is no token'), true);
        else if (engine === socket?.io.engine) send({ token });
      },
      (error: unknown) => void this.refused(asChatError(error), true),
    );
  }

  // refused: by the server, or no token could be had (`unasked`).
  private async refused(error: ChatError, unasked = false): Promise<void> {
    const { socket } = this;
    if (unasked) socket?.disconnect();
    const stale = error.code === 'unauthenticated' || error.code === 'token_expired';
    if (stale && this.tokens.renewable && !this.asked && !unasked) {
      this.asked = true;
      await this.tokens.get(true).catch(() => undefined);
      if (socket === this.socket) socket?.connect();
      return;
    }
    this.listener.error(error);
    if (stale || ['blocked', 'forbidden', 'invalid'].includes(error.code)) {
      this.set('refused');
    } else {
      this.set('offline');
      clearTimeout(this.retrying);
      this.retrying = setTimeout(() => socket === this.socket && socket?.connect(), backoff(this.failures++));
    }
  }

  private renewLater(): void {
    clearTimeout(this.renewing);
    const left = (claims(this.tokens.current).exp ?? 0) * 1000 - Date.now();
    if (!this.tokens.renewable || left <= 0) return;
    const wait = left > 2 * renewAheadMs ? left - renewAheadMs : Math.max(left / 2, 1000);
    this.renewing = setTimeout(() => void this.renew(), Math.min(wait, longestTimerMs));
  }

  private async renew(): Promise<void> {
    const before = this.tokens.current;
    try {
      const token = await this.tokens.get(true);
      if (token !== before) await this.refresh(token); // else it runs out, and the server says so
    } catch (error) {
      this.listener.error(asChatError(error));
      if (this.online) this.renewLater();
    }
  }

  private readonly back = (): void => {
    if (this.state === 'offline') this.restart();
  };

  private readonly cut = (): void => {
    this.socket?.io.engine?.close();
  };

  set(state: Connection): void {
    if (state === this.state) return;
    this.state = state;
    this.listener.state(state);
  }
}
