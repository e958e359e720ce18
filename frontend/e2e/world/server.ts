import { expect } from '@playwright/test';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { binary } from './places';
import { freePort } from './ports';

export type Settings = Record<string, string>;

export interface StoredMessage {
  message: string;
  senderUser: string;
  status: string;
  seq: number;
}

const secret = 'a secret for tests alone, thirty-two bytes';

/** The real server with a database of its own. Its address and its database outlive `kill`. */
export class Server {
  log = '';
  private process: ChildProcess | undefined;

  private constructor(
    readonly host: string,
    private readonly directory: string,
    private readonly settings: Settings,
  ) {}

  static async create(settings: Settings): Promise<Server> {
    const directory = mkdtempSync(join(tmpdir(), 'parley-pages-'));
    const server = new Server(`127.0.0.1:${await freePort()}`, directory, settings);
    await server.start();
    return server;
  }

  get url(): string {
    return `http://${this.host}/`;
  }

  async start(): Promise<void> {
    const child = spawn(binary, ['serve'], { env: this.environment, stdio: ['ignore', 'ignore', 'pipe'] });
    this.process = child;
    child.stderr?.on('data', (data: Buffer) => (this.log += data.toString()));
    let failed = '';
    child.once('error', (error) => (failed = error.message));
    child.once('exit', (code, signal) => (failed ||= `it ended: ${code ?? signal}`));
    await expect
      .poll(
        async () =>
          failed ||
          (await fetch(`${this.url}readyz`).then(
            (answer) => answer.status,
            () => 0,
          )),
        {
          message: `the server starts\n${this.log}`,
          timeout: 30_000,
          intervals: [50],
        },
      )
      .toBe(200);
  }

  /** Ends it as a power cut would: nothing is drained, nobody is told. */
  async kill(): Promise<void> {
    const child = this.process;
    this.process = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }

  async remove(): Promise<void> {
    await this.kill();
    await rm(this.directory, { recursive: true, force: true });
  }

  /** Runs one of the binary's own commands on the same database. */
  command(...words: string[]): string {
    return execFileSync(binary, words, { env: this.environment, encoding: 'utf8' }).trim();
  }

  /** Changes the database under a server that was killed: for what takes hours. */
  sql(statement: string): void {
    execFileSync('sqlite3', [join(this.directory, 'parley.db'), statement]);
  }

  /** A token as another system of the customer's would make it. */
  token(sub: string, claims: { name?: string; email?: string; role?: string } = {}): string {
    const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const body = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ sub, name: sub, ...claims, exp: Math.floor(Date.now() / 1000) + 3600 })}`;
    return `${body}.${createHmac('sha256', secret).update(body).digest('base64url')}`;
  }

  async call<T>(method: string, path: string, token?: string, body?: unknown): Promise<T> {
    const headers: Record<string, string> = token ? { Authorization: `Bearer ${token}` } : {};
    if (body !== undefined && !(body instanceof FormData)) headers['Content-Type'] = 'application/json';
    const answer = await fetch(this.url + path, {
      method,
      headers,
      body: body === undefined || body instanceof FormData ? body : JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return JSON.parse(text) as T;
  }

  /** A user's own conversation, as the HTTP door tells it. */
  async history(token: string): Promise<StoredMessage[]> {
    return (await this.call<{ messages: StoredMessage[] }>('GET', 'chat/history', token)).messages;
  }

  /** Whether the database's files hold a text: what is there outlives the server. */
  async hasStored(text: string): Promise<boolean> {
    const path = join(this.directory, 'parley.db');
    const files = await Promise.all([path, `${path}-wal`].map((file) => readFile(file).catch(() => Buffer.alloc(0))));
    return files.some((file) => file.includes(text));
  }

  private get environment(): Settings {
    const { PATH = '', HOME = this.directory } = process.env;
    return {
      PATH,
      HOME,
      PARLEY_ADDR: this.host,
      PARLEY_OPS_ADDR: 'off',
      PARLEY_DATABASE_URL: `sqlite://${join(this.directory, 'parley.db')}`,
      PARLEY_JWT_SECRET: secret,
      PARLEY_LIMIT_GUESTS: '1000/s',
      ...this.settings,
    };
  }
}
