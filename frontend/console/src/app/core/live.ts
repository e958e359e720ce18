import { DestroyRef, Injectable, inject, signal } from '@angular/core';
import { Client, ClientEvents, Connection, RoomInfo, createClient } from '@parley/chat-core';
import { Subject } from 'rxjs';
import { SERVER } from './server';
import { Session } from './session';

/** The live connection of who is signed in, for as long as the console is open. */
@Injectable({ providedIn: 'root' })
export class Live {
  private readonly server = inject(SERVER);
  private readonly session = inject(Session);
  readonly client = signal<Client | undefined>(undefined);
  readonly connection = signal<Connection>('idle');
  readonly rooms = signal<readonly RoomInfo[]>([]);
  readonly updated = new Subject<ClientEvents['conversation-updated']>();
  readonly deleted = new Subject<ClientEvents['conversation-deleted']>();
  readonly noted = new Subject<ClientEvents['conversation-note']>();
  /** The connection is there again: what was heard of before may be old. */
  readonly back = new Subject<void>();

  constructor() {
    inject(DestroyRef).onDestroy(() => this.stop());
  }

  start(): void {
    this.stop();
    const client = createClient({ url: this.server, token: this.session.token() });
    client.on('connection', (connection) => {
      this.connection.set(connection);
      if (connection === 'refused') {
        this.session.end('Your sign-in has ended. Please sign in again.');
      }
    });
    client.on('ready', () => this.back.next());
    client.on('rooms', (rooms) => this.rooms.set([...rooms]));
    client.on('conversation-updated', (news) => this.updated.next(news));
    client.on('conversation-deleted', (news) => this.deleted.next(news));
    client.on('conversation-note', (news) => this.noted.next(news));
    this.client.set(client);
    client.connect();
  }

  stop(): void {
    this.client()?.close();
    this.client.set(undefined);
    this.connection.set('idle');
    this.rooms.set([]);
  }
}
