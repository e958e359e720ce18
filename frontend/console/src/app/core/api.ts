import { Injectable, inject } from '@angular/core';
import { ApiError, offline } from './api-error';
import { MasterKey } from './master-key';
import { SERVER } from './server';
import { Session } from './session';
import { Account } from './wire';

export type Query = Record<string, string | number | boolean | undefined>;

/**
 * The HTTP side of the server. Every call carries the token; an administrator's also
 * the master key, which is asked for where the server wants one. What fails is an
 * ApiError; a token that has ended ends the session.
 */
@Injectable({ providedIn: 'root' })
export class Api {
  private readonly server = inject(SERVER);
  private readonly session = inject(Session);
  private readonly masterKey = inject(MasterKey);

  get<T>(path: string, query?: Query): Promise<T> {
    return this.json<T>('GET', path + search(query));
  }

  /** What may as well stay unknown: nothing is asked for, undefined if it fails. */
  async quiet<T>(path: string): Promise<T | undefined> {
    try {
      const answer = await this.fetch('GET', path, undefined, this.session.token(), this.masterKey.value());
      return answer.ok ? ((await answer.json()) as T) : undefined;
    } catch {
      return undefined;
    }
  }

  post<T>(path: string, body: unknown = {}): Promise<T> {
    return this.json<T>('POST', path, body);
  }

  put<T>(path: string, body: unknown = {}): Promise<T> {
    return this.json<T>('PUT', path, body);
  }

  patch<T>(path: string, body: unknown): Promise<T> {
    return this.json<T>('PATCH', path, body);
  }

  delete<T>(path: string, query?: Query): Promise<T> {
    return this.json<T>('DELETE', path + search(query));
  }

  /** Calls as somebody who is not signed in, or not yet. */
  async callAs<T>(token: string, method: string, path: string, body?: unknown): Promise<T> {
    return (await this.answered(await this.fetch(method, path, body, token))).json() as Promise<T>;
  }

  async upload<T>(path: string, file: File): Promise<T> {
    const form = new FormData();
    form.append('file', file, file.name);
    return (await this.call('POST', path, form)).json() as Promise<T>;
  }

  /** The bytes of an answer, and the name that the server gives them. */
  async download(path: string, query?: Query): Promise<{ bytes: Blob; name: string }> {
    const answer = await this.call('GET', path + search(query));
    return { bytes: await answer.blob(), name: fileName(answer.headers.get('Content-Disposition') ?? '') };
  }

  private async json<T>(method: string, path: string, body?: unknown): Promise<T> {
    return (await this.call(method, path, body)).json() as Promise<T>;
  }

  private async call(method: string, path: string, body?: unknown): Promise<Response> {
    const token = this.session.token();
    const key = this.masterKey.value();
    const answer = await this.fetch(method, path, body, token, key);
    if (answer.status !== 401 || token !== this.session.token()) {
      return this.answered(answer);
    }
    if (administrative(method, path) && (await this.tokenHolds(token))) {
      const asked = await this.masterKey.ask(key);
      if (asked) {
        return this.call(method, path, body);
      }
    } else {
      this.session.end('Your sign-in has ended. Please sign in again.');
    }
    return this.answered(answer);
  }

  /** Whether a 401 was about the master key: the token is good for other calls. */
  private async tokenHolds(token: string): Promise<boolean> {
    try {
      await this.callAs<Account>(token, 'GET', 'auth/me');
      return true;
    } catch (error) {
      return !(error instanceof ApiError && error.status === 401);
    }
  }

  private async fetch(method: string, path: string, body: unknown, token: string, key = ''): Promise<Response> {
    const headers = new Headers();
    if (token) {
      headers.set('Authorization', `Bearer ${token}`);
    }
    if (key) {
      headers.set('masterkey', key);
    }
    let content: BodyInit | undefined;
    if (body instanceof FormData) {
      content = body;
    } else if (body !== undefined) {
      headers.set('Content-Type', 'application/json');
      content = JSON.stringify(body);
    }
    try {
      return await fetch(this.server + path, { method, headers, body: content, cache: 'no-store' });
    } catch {
      throw offline();
    }
  }

  private async answered(answer: Response): Promise<Response> {
    if (answer.ok) {
      return answer;
    }
    throw await ApiError.from(answer);
  }
}

/** The name in a Content-Disposition; '' where there is none. */
export function fileName(disposition: string): string {
  const encoded = /filename\*=UTF-8''([^;]+)/i.exec(disposition)?.[1];
  if (encoded) {
    try {
      return decodeURIComponent(encoded);
    } catch {
      // The plain form may stand beside it.
    }
  }
  return /filename="?([^";]+)"?/i.exec(disposition)?.[1]?.trim() ?? '';
}

/** Whether the call is one of those that want the master key on a server that has one. */
export function administrative(method: string, path: string): boolean {
  return path.startsWith('admin/') || (path.startsWith('chatbot') && (method !== 'GET' || path.includes('/documents')));
}

/** The query part of an address; what is empty is left out. */
export function search(query: Query = {}): string {
  const parts = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') {
      parts.set(name, String(value));
    }
  }
  const text = parts.toString();
  return text && '?' + text;
}
