import { Emitter } from '@socket.io/component-emitter';
import type { SocketOptions } from 'engine.io-client';
import { partsOf } from '../parts';

// What socket.io-client needs of engine.io-client, in whose place the build puts it: Engine.IO 4 over a WebSocket, in
// text. Where no WebSocket comes through, engine.io-client itself is loaded, and polls.

interface Handshake {
  sid: string;
  pingInterval: number;
  pingTimeout: number;
}

interface Events {
  open: () => void;
  ping: () => void;
  data: (data: string) => void;
  error: (error: Error) => void;
  close: (reason: string) => void;
}

/** The frames that come or go; of a server's other ones none matters. */
enum Frame {
  Open = '0',
  Ping = '2',
  Pong = '3',
  Message = '4',
}

/** The part that polls. */
export interface Polling {
  poll(
    uri: string,
    options: Partial<SocketOptions>,
  ): Emitter<object, object> & Pick<Socket, 'write' | 'close' | '_hasPingExpired'>;
}

const loadPart = partsOf(import.meta.url);

export class Socket extends Emitter<object, object, Events> {
  private socket: WebSocket | undefined;
  private polling: ReturnType<Polling['poll']> | undefined;
  private opened = false;
  private ended = false;
  /** How long the server may be silent, and when it has been so for too long. */
  private patience = 0;
  private deadline = Infinity;
  private silence: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly uri: string,
    private readonly options: Partial<SocketOptions>,
  ) {
    super();
    const url = uri.replace(/^http/, 'ws') + options.path + '?EIO=4&transport=websocket';
    try {
      this.socket = new WebSocket(url);
      this.socket.onmessage = ({ data }: MessageEvent<string>) => this.take(data);
      this.socket.onclose = () => (this.opened ? this.end('transport close') : void this.poll());
    } catch {
      void this.poll(); // a policy of the page's may forbid it
    }
  }

  write(data: string): void {
    if (this.polling) this.polling.write(data);
    else this.send(Frame.Message + data);
  }

  close(): void {
    if (this.polling) this.polling.close();
    else this.end('forced close');
  }

  /** Timers sleep with the machine: what is said right after that has to wait for the next connection. */
  _hasPingExpired(): boolean {
    if (this.polling) return this.polling._hasPingExpired();
    const expired = Date.now() > this.deadline;
    if (expired) nextTick(() => this.end('ping timeout'));
    return expired;
  }

  private take(frame: string): void {
    if (this.ended) return;
    const type = frame[0];
    const data = frame.slice(1);
    if (type === Frame.Message) this.emitReserved('data', data);
    if (type === Frame.Open) {
      const { pingInterval, pingTimeout } = JSON.parse(data) as Handshake;
      this.patience = pingInterval + pingTimeout;
      this.opened = true;
      this.listen();
      this.emitReserved('open');
    }
    if (type === Frame.Ping) {
      this.send(Frame.Pong);
      this.listen();
      this.emitReserved('ping');
    }
  }

  private listen(): void {
    clearTimeout(this.silence);
    this.deadline = Date.now() + this.patience;
    this.silence = setTimeout(() => this.end('ping timeout'), this.patience);
  }

  private send(frame: string): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(frame);
  }

  private end(reason: string): void {
    if (this.ended) return;
    this.ended = true;
    clearTimeout(this.silence);
    this.socket?.close();
    this.emitReserved('close', reason);
  }

  private async poll(): Promise<void> {
    if (this.ended) return;
    try {
      const { poll } = await loadPart<Polling>('polling');
      if (this.ended) return;
      const polling = (this.polling = poll(this.uri, this.options));
      for (const event of ['open', 'ping', 'data', 'error', 'close'] as const)
        polling.on(event as never, ((...args: never) => this.emitReserved(event, ...args)) as never);
    } catch (error) {
      if (this.ended) return;
      this.emitReserved('error', error as Error);
      this.end('transport error');
    }
  }
}

// What else socket.io-client takes from there.

export const nextTick = (then: () => void): void => queueMicrotask(then);

export function installTimerFunctions(target: object): void {
  Object.assign(target, { setTimeoutFn: setTimeout.bind(globalThis), clearTimeoutFn: clearTimeout.bind(globalThis) });
}
