import type { chatError } from './errors.js';
import type { Tokens } from './token.js';
import type { ChatError, UploadedFile } from './types.js';

// Loaded when it is first needed: it imports types alone, so that nothing else moves with it.

/** The codes of the protocol by the names that HTTP answers with, where they are not the same. */
const codes: Record<string, string> = {
  INVALID_ARGUMENTS: 'invalid',
  UNAUTHORIZED: 'unauthenticated',
  TOO_MANY_REQUESTS: 'rate_limited',
  INTERNAL_SERVER_ERROR: 'internal',
};

type Progress = (fraction: number) => void;

/** The HTTP side of one server. */
export class Http {
  constructor(
    private readonly base: string,
    private readonly tokens: Tokens,
    private readonly failure: typeof chatError,
  ) {}

  async json<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await this.send(path, (url, authorization) => {
      const headers: HeadersInit = { authorization };
      if (body !== undefined) headers['content-type'] = 'application/json';
      return fetch(url, { method, headers, body: JSON.stringify(body) });
    });
    const text = await response.text();
    return (text ? JSON.parse(text) : undefined) as T;
  }

  async bytes(path: string, signal?: AbortSignal): Promise<Blob> {
    const init = (authorization: string): RequestInit => ({ headers: { authorization }, signal });
    return (await this.send(path, (url, authorization) => fetch(url, init(authorization)))).blob();
  }

  async upload(file: Blob, name: string, progress?: Progress, signal?: AbortSignal): Promise<UploadedFile> {
    const body = new FormData();
    body.append('file', file, name);
    const response = await this.send('chat/files', (url, authorization) =>
      // XMLHttpRequest alone tells how far an upload has come; where there is none, fetch has to do.
      typeof XMLHttpRequest === 'undefined'
        ? fetch(url, { method: 'POST', body, headers: { authorization }, signal })
        : post(url, body, authorization, progress, signal),
    );
    const { fileId: id, ...rest } = (await response.json()) as Omit<UploadedFile, 'id'> & { fileId: string };
    progress?.(1);
    return { id, ...rest };
  }

  // A token that was refused is asked for once more.
  private async send(path: string, ask: (url: string, authorization: string) => Promise<Response>): Promise<Response> {
    const attempt = async (fresh: boolean): Promise<Response> =>
      ask(this.base + path.replace(/^\//, ''), `Bearer ${await this.tokens.get(fresh)}`);
    let response: Response;
    try {
      response = await attempt(false);
      if (response.status === 401 && this.tokens.renewable) response = await attempt(true);
    } catch (error) {
      const { name, message, code } = error as ChatError;
      throw typeof code === 'string' ? error : this.failure(name === 'AbortError' ? 'aborted' : 'offline', message);
    }
    if (response.ok) return response;
    const { status } = response;
    // A proxy answers in its own words.
    const { name = status < 500 ? 'invalid' : 'unavailable', message = `The server answered ${status}` } =
      (await response.json().catch(() => ({}))) as { name?: string; message?: string };
    const wait = Number(response.headers.get('retry-after')) * 1000;
    throw this.failure(codes[name] ?? name.toLowerCase(), message, wait || undefined);
  }
}

function post(
  url: string,
  body: FormData,
  authorization: string,
  progress?: Progress,
  signal?: AbortSignal,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const request = new XMLHttpRequest();
    request.open('POST', url);
    request.setRequestHeader('authorization', authorization);
    request.upload.onprogress = ({ loaded, total }) => progress?.(loaded / total);
    request.onload = () => {
      const headers = { 'retry-after': request.getResponseHeader('retry-after') ?? '' };
      resolve(new Response(request.responseText, { status: request.status, headers }));
    };
    request.onerror = () => reject(new Error('The upload was cut off'));
    request.onabort = () => reject(signal?.reason as Error);
    signal?.addEventListener('abort', () => request.abort());
    request.send(body);
  });
}
