import { createServer, request as ask, type IncomingHttpHeaders, type IncomingMessage, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { listen, shut } from './ports';

/** A reverse proxy that shows the server below a path, and takes the path off. Whatever is asked beside it is kept. */
export class Proxy {
  host = '';
  readonly strays: string[] = [];
  private readonly server: Server;

  constructor(
    private readonly target: string,
    readonly prefix: string,
  ) {
    this.server = createServer((incoming, outgoing) => {
      const path = this.within(incoming);
      if (path === undefined) {
        outgoing.writeHead(404).end('Not below the path');
        return;
      }
      const onward = ask(this.options(incoming, path), (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      });
      onward.on('error', () => outgoing.destroy());
      outgoing.on('close', () => onward.destroy());
      incoming.pipe(onward);
    });
    this.server.on('upgrade', (incoming: IncomingMessage, socket: Duplex, head: Buffer) =>
      this.upgrade(incoming, socket, head),
    );
  }

  get url(): string {
    return `http://${this.host}${this.prefix}/`;
  }

  async start(): Promise<void> {
    this.host = `127.0.0.1:${await listen(this.server)}`;
  }

  async stop(): Promise<void> {
    await shut(this.server);
  }

  private upgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer): void {
    const path = this.within(incoming);
    if (path === undefined) {
      socket.destroy();
      return;
    }
    const onward = ask(this.options(incoming, path));
    onward.on('upgrade', (answer, far, rest) => {
      const lines = answer.rawHeaders.reduce((text, value, i) => text + value + (i % 2 ? '\r\n' : ': '), '');
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines}\r\n`);
      socket.write(rest);
      far.write(head);
      far.pipe(socket).pipe(far);
      far.on('error', () => socket.destroy());
      socket.on('error', () => far.destroy());
      socket.on('close', () => far.destroy());
    });
    onward.on('response', () => socket.destroy());
    onward.on('error', () => socket.destroy());
    onward.end();
  }

  private within({ url = '' }: IncomingMessage): string | undefined {
    if (url.startsWith(`${this.prefix}/`)) return url.slice(this.prefix.length);
    this.strays.push(url);
    return undefined;
  }

  private options(incoming: IncomingMessage, path: string): object {
    const [host, port] = this.target.split(':');
    const headers: IncomingHttpHeaders = {
      ...incoming.headers,
      'x-forwarded-prefix': this.prefix,
      'x-forwarded-for': incoming.socket.remoteAddress,
    };
    return { host, port, path, method: incoming.method, headers };
  }
}
