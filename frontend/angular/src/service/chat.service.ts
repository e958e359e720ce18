import { DestroyRef, Injectable, Injector, type Signal, inject, untracked } from '@angular/core';
import { takeUntilDestroyed, toSignal } from '@angular/core/rxjs-interop';
import { type Observable, map } from 'rxjs';
import type { ChatError, ChatMessage, Connection, RoomInfo, TokenSource, User } from '@parley/chat-core';
import { ChatRoom } from './chat-room';
import { PARLEY_CLIENT } from './client';
import { listen, watch } from './watch';

/**
 * The way to a Parley server: the connection, and one's own conversation, sent to and received from as a ChatRoom is.
 * `room(id)` gives other rooms. It connects on the first `load`, `send` or `connect`, stays connected through all that
 * networks do, and is closed with its injector.
 */
@Injectable()
export class ChatService extends ChatRoom {
  readonly connection$: Observable<Connection>;
  readonly connection: Signal<Connection>;
  /** Who one is, once the server has said so. */
  readonly user$: Observable<User | undefined>;
  readonly user: Signal<User | undefined>;
  /** The rooms one takes part in, with their unread counts; filled by `loadRooms`. */
  readonly rooms$: Observable<readonly RoomInfo[]>;
  readonly rooms: Signal<readonly RoomInfo[]>;
  /** Each new message in any room, once, when it is whole: for previews and badges. */
  readonly anywhere$: Observable<ChatMessage>;
  /** What went wrong without anybody having asked. */
  readonly error$: Observable<ChatError>;

  private readonly injector: Injector;
  private readonly opened = new Map<string, ChatRoom>();

  constructor() {
    const client = inject(PARLEY_CLIENT);
    const injector = inject(Injector);
    super(client, client.room(), injector);
    this.injector = injector;
    this.opened.set('me', this);

    const destroyed = inject(DestroyRef);
    this.connection$ = watch(
      () => client.connection,
      (handler) => client.on('connection', handler),
    ).pipe(takeUntilDestroyed(destroyed));
    this.connection = toSignal(this.connection$, { requireSync: true });
    // Another connection state may mean another user: `ready` tells who, `refused` that there is none.
    this.user$ = watch<unknown>(
      () => undefined,
      (handler) => {
        const stops = [client.on('ready', handler), client.on('connection', handler)];
        return () => stops.forEach((stop) => stop());
      },
    ).pipe(
      map(() => client.user),
      takeUntilDestroyed(destroyed),
    );
    this.user = toSignal(this.user$, { requireSync: true });
    this.rooms$ = watch(
      () => client.rooms,
      (handler) => client.on('rooms', handler),
    ).pipe(takeUntilDestroyed(destroyed));
    this.rooms = toSignal(this.rooms$, { requireSync: true });
    this.anywhere$ = listen<ChatMessage>((handler) => client.on('message', handler)).pipe(
      takeUntilDestroyed(destroyed),
    );
    this.error$ = listen<ChatError>((handler) => client.on('error', handler)).pipe(takeUntilDestroyed(destroyed));
  }

  /** Connects, and stays connected. Safe to call again. */
  connect(): void {
    this.client.connect();
  }

  /** Replaces the token: the same user goes on, another one starts anew. */
  setToken(token: TokenSource): void {
    this.client.setToken(token);
  }

  /** A room by its id; the same object each time. `me` is this service itself. */
  room(id = 'me'): ChatRoom {
    let room = this.opened.get(id);
    if (!room) {
      // May be asked for inside a computed: making the room's signals there is nothing to depend on.
      room = untracked(() => new ChatRoom(this.client, this.client.room(id), this.injector));
      this.opened.set(id, room);
    }
    return room;
  }

  loadRooms(): Promise<readonly RoomInfo[]> {
    return this.client.loadRooms();
  }

  createRoom(name: string, users: string[], visibility?: 'private' | 'public'): Promise<string> {
    return this.client.createRoom(name, users, visibility);
  }
}
