import http from 'node:http';

import { afterEach, expect, test, vi } from 'vitest';

import { until } from './server.js';
import { last, world } from './world.js';

const w = world();

afterEach(() => vi.unstubAllGlobals());

test('refusals have a code', async () => {
  const client = await w.client(w.name('ann'));
  await expect(client.http('GET', 'chat/rooms/none')).rejects.toMatchObject({ name: 'ChatError', code: 'not_found' });
  await expect(client.http('POST', 'chat/rooms', {})).rejects.toMatchObject({
    code: 'invalid',
    message: 'roomName is required',
  });
  await expect(client.http('GET', 'admin/chat/rooms')).rejects.toMatchObject({ code: 'forbidden' });
  const nowhere = w.idle('ann', { url: 'http://127.0.0.1:9' });
  await expect(nowhere.http('GET', 'chat/rooms')).rejects.toMatchObject({ code: 'offline' });
});

test('a file is uploaded, posted, and read by who is in the room', async () => {
  const [a, b] = [w.name('ann'), w.name('bob')];
  const bobs = await w.client(b);
  const anns = await w.client(a);
  const id = await anns.createRoom('Files', [b]);
  await Promise.all([anns.room(id).load(), bobs.room(id).load()]);
  const done: number[] = [];
  const file = await anns.upload(new Blob(['a few words']), 'words.txt', (f) => done.push(f));
  expect(file).toMatchObject({ name: 'words.txt', type: 'text/plain', size: 11 });
  expect(done.at(-1)).toBe(1);
  anns.room(id).send('', { files: [file.id] });
  anns.room(id).send('look', { files: [file.id] });
  await until(() => bobs.room(id).messages.length === 2, 'the messages');
  expect(bobs.room(id).messages.map((m) => m.contentType)).toEqual(['file', 'multimedia']);
  expect(last(bobs.room(id))).toMatchObject({ text: 'look', files: [file.id] });
  const read = await bobs.download(file.id);
  expect(await read.text()).toBe('a few words');
  expect(read.type).toContain('text/plain');
  const other = await w.client(w.name('cy'));
  await expect(other.download(file.id)).rejects.toMatchObject({ code: 'not_found' });
});

test('an upload tells its progress where the platform does, and can be stopped', async () => {
  vi.stubGlobal('XMLHttpRequest', NodeRequest);
  const client = await w.client(w.name('ann'), { storage: null });
  const done: number[] = [];
  const big = new Blob([new Uint8Array(3_000_000)]);
  const file = await client.upload(big, 'zeros.bin', (f) => done.push(f));
  expect(file.size).toBe(3_000_000);
  expect(done.length).toBeGreaterThan(2);
  expect(done.at(-1)).toBe(1);
  expect([...done].sort((x, y) => x - y)).toEqual(done);
  const stop = new AbortController();
  const stopped = client.upload(big, 'zeros.bin', () => stop.abort(), stop.signal);
  await expect(stopped).rejects.toMatchObject({ code: 'aborted' });
  await expect(client.upload(new Blob([new Uint8Array(27_000_000)]), 'huge')).rejects.toMatchObject({
    code: 'too_large',
  });
});

/** As much of XMLHttpRequest as an upload needs, over a real request. */
class NodeRequest {
  status = 0;
  responseText = '';
  upload: { onprogress?: (e: { lengthComputable: boolean; loaded: number; total: number }) => void } = {};
  onload?: () => void;
  onerror?: () => void;
  onabort?: () => void;
  private url = '';
  private headers: Record<string, string> = {};
  private answer: http.IncomingMessage | undefined;
  private request: http.ClientRequest | undefined;
  private aborted = false;

  open(_method: string, url: string): void {
    this.url = url;
  }

  setRequestHeader(name: string, value: string): void {
    this.headers[name] = value;
  }

  getResponseHeader(name: string): string | null {
    return (this.answer?.headers[name] as string | undefined) ?? null;
  }

  abort(): void {
    this.aborted = true;
    this.request?.destroy();
    this.onabort?.();
  }

  async send(form: FormData): Promise<void> {
    const encoded = new Response(form);
    const body = Buffer.from(await encoded.arrayBuffer());
    const headers = {
      ...this.headers,
      'content-type': encoded.headers.get('content-type')!,
      'content-length': body.length,
    };
    this.request = http.request(this.url, { method: 'POST', headers }, (answer) => {
      this.answer = answer;
      this.status = answer.statusCode ?? 0;
      answer.on('data', (data: Buffer) => (this.responseText += data.toString()));
      answer.on('end', () => this.onload?.());
    });
    this.request.on('error', () => !this.aborted && !this.answer && this.onerror?.());
    const piece = 500_000;
    for (let at = 0; at < body.length && !this.aborted; at += piece) {
      await new Promise((done) => this.request!.write(body.subarray(at, at + piece), done));
      this.upload.onprogress?.({
        lengthComputable: true,
        loaded: Math.min(at + piece, body.length),
        total: body.length,
      });
    }
    this.request.end();
  }
}
