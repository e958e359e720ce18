import { Injectable, inject } from '@angular/core';
import { SERVER } from '../server';

export interface Person {
  _id: string;
  username?: string;
  name: string;
  role: 'guest' | 'user' | 'agent' | 'admin';
}

export interface Session {
  token: string;
  user: Person;
}

export interface Credentials {
  username: string;
  password: string;
}

/** The server said no, in words for people; `status` 0 where it could not be reached. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** Parley's own accounts, over HTTP. */
@Injectable({ providedIn: 'root' })
export class Auth {
  private readonly server = inject(SERVER);

  guest(): Promise<Session> {
    return this.call('POST', 'auth/guest', { body: {} });
  }

  login(credentials: Credentials): Promise<Session> {
    return this.call('POST', 'auth/login', { body: credentials });
  }

  register(credentials: Credentials): Promise<Session> {
    return this.call('POST', 'auth/register', { body: { ...credentials, name: credentials.username } });
  }

  me(token: string): Promise<Person> {
    return this.call('GET', 'auth/me', { token });
  }

  async logout(token: string): Promise<void> {
    await this.call('POST', 'auth/logout', { token });
  }

  private async call<T>(method: string, path: string, { body, token }: { body?: unknown; token?: string }): Promise<T> {
    const headers: Record<string, string> = {};
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    if (token) headers['Authorization'] = `Bearer ${token}`;
    let answer: Response;
    try {
      answer = await fetch(`${this.server}/${path}`, {
        method,
        headers,
        body: body === undefined ? null : JSON.stringify(body),
      });
    } catch {
      throw new Refusal(0, 'The shop cannot be reached. Please try again.');
    }
    const said = (await answer.json().catch(() => ({}))) as T & { message?: string };
    if (!answer.ok) throw new Refusal(answer.status, said.message ?? 'That did not work. Please try again.');
    return said;
  }
}
