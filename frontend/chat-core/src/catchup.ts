import { asChatError, backoff, passes, pause } from './errors.js';
import type { Link } from './link.js';
import type { ChatRoom } from './room.js';
import type { SyncWire } from './wire.js';

/** Brings the rooms that are wanted up to date: one round after the other until none is behind. */
export class CatchUp {
  /** Rooms that were entered or left since the last `sync` was asked: its answer may be older than that. */
  readonly moved = new Set<string>();
  private running = 0; // the link's turn that it runs for

  constructor(
    private readonly link: Link,
    private readonly rooms: () => ChatRoom[],
  ) {}

  async run(): Promise<void> {
    const { turn } = this.link;
    if (!this.link.online || this.running === turn) return;
    this.running = turn;
    for (let failures = 0; this.current(turn); ) {
      const behind = this.rooms().filter((room) => room.wanted && !room.live);
      if (behind.length === 0) break;
      try {
        await Promise.all([
          ...behind.filter((r) => !r.cursor).map((r) => this.load(r)),
          this.sync(behind.filter((r) => r.cursor)),
        ]);
        failures = 0;
      } catch (error) {
        if (this.current(turn)) await pause(asChatError(error).retryAfterMs ?? backoff(failures++));
      }
    }
    if (this.running === turn) this.running = 0;
  }

  private current(turn: number): boolean {
    return this.link.online && this.link.turn === turn;
  }

  private async load(room: ChatRoom): Promise<void> {
    try {
      await room.reload();
    } catch (caught) {
      const error = asChatError(caught);
      if (passes(error)) throw error;
      room.fail(error);
    }
  }

  private async sync(rooms: ChatRoom[]): Promise<void> {
    if (rooms.length === 0) return;
    const { turn } = this.link;
    this.moved.clear();
    const cursors = Object.fromEntries(rooms.map((room) => [room.id, room.cursor]));
    // Taken before the events behind it are.
    await this.link.call<{ rooms: Record<string, SyncWire> }>('sync', { rooms: cursors }, (answer) => {
      if (turn !== this.link.turn) return;
      for (const room of rooms) {
        const part = answer.rooms[room.id];
        const asked = room.wanted && room.cursor === cursors[room.id]; // not let go meanwhile
        if (part && asked && !this.moved.has(room.id)) room.take(part);
      }
    });
  }
}
