/** A real server for tests: started, killed, and started again on the same database and port. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const binary = process.env.PARLEY_BIN ?? fileURLToPath(new URL('../../../bin/parley', import.meta.url));
const secret = 'a secret for tests, long enough for it';

export class Server {
  private readonly directory = mkdtempSync(join(tmpdir(), 'chat-core-'));
  private child: ChildProcess | undefined;

  private constructor(
    readonly port: number,
    private readonly environment: Record<string, string>,
  ) {}

  static async start(environment: Record<string, string> = {}): Promise<Server> {
    const server = new Server(await freePort(), environment);
    await server.start();
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    this.child = spawn(binary, ['serve'], {
      env: {
        PATH: process.env.PATH,
        PARLEY_ADDR: `127.0.0.1:${this.port}`,
        PARLEY_OPS_ADDR: 'off',
        PARLEY_DATABASE_URL: `sqlite://${this.directory}/parley.db`,
        PARLEY_JWT_SECRET: secret,
        PARLEY_LIMIT_GUESTS: '1000/s',
        PARLEY_LOG_LEVEL: 'error',
        ...this.environment,
      },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    await until(async () => (await fetch(`${this.url}/readyz`).catch(() => undefined))?.ok, 'the server to start');
  }

  /** Ends the server as a crash does, or as an operator with SIGTERM. */
  async kill(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((done) => child.once('exit', done));
    child.kill(signal);
    await ended;
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** A token as an outside issuer would sign it. */
export function token(sub: string, claims: Record<string, unknown> = {}): string {
  const now = Math.floor(Date.now() / 1000);
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const body = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ sub, name: sub, iat: now, exp: now + 3600, ...claims })}`;
  return `${body}.${createHmac('sha256', secret).update(body).digest('base64url')}`;
}

/** Waits for a condition; fails with what was waited for. */
export async function until<T>(condition: () => T | Promise<T>, what: string, ms = 15_000): Promise<NonNullable<T>> {
  for (const deadline = Date.now() + ms; ; ) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`Waited in vain for ${what}`);
    await new Promise((done) => setTimeout(done, 5));
  }
}

/** A TCP proxy in front of a server that can lose connections and answers. */
export class Proxy {
  private readonly sockets = new Set<net.Socket>();
  private readonly listener: net.Server;
  /** Whether what the server says is lost on the way. */
  deaf = false;
  /** Whether no connection is let through. */
  closed = false;
  port = 0;

  constructor(target: number) {
    this.listener = net.createServer((inner) => {
      if (this.closed) return void inner.destroy();
      const outer = net.connect(target, '127.0.0.1');
      for (const [from, to, down] of [
        [inner, outer, false],
        [outer, inner, true],
      ] as const) {
        this.sockets.add(from);
        from.on('data', (data) => (down && this.deaf) || to.write(data));
        from.on('error', () => to.destroy());
        from.on('close', () => {
          this.sockets.delete(from);
          to.destroy();
        });
      }
    });
  }

  async open(): Promise<this> {
    await new Promise<void>((done) => this.listener.listen(0, '127.0.0.1', done));
    this.port = (this.listener.address() as net.AddressInfo).port;
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Breaks all connections, as a lost network does. */
  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  close(): void {
    this.cut();
    this.listener.close();
  }
}

/** Storage as pages of one origin share it. */
export class MemoryStorage {
  readonly items = new Map<string, string>();
  getItem = (key: string): string | null => this.items.get(key) ?? null;
  setItem = (key: string, value: string): void => void this.items.set(key, value);
  removeItem = (key: string): void => void this.items.delete(key);
}

async function freePort(): Promise<number> {
  const probe = net.createServer();
  await new Promise<void>((done) => probe.listen(0, '127.0.0.1', done));
  const { port } = probe.address() as net.AddressInfo;
  await new Promise((done) => probe.close(done));
  return port;
}
