import type { Http } from './http.js';
import type { ChatMessage, RoomInfo } from './types.js';
import type { EventWire, MessageWire, RoomWire } from './wire.js';

// Loaded when the list is first asked for: it imports types alone, so that nothing else moves with it.

const page = 200;

interface Listed {
  info: RoomInfo;
  seq: number;
}

/** The list of one's rooms, last activity first. */
export class RoomList {
  rooms: readonly RoomInfo[] = [];
  private listed = new Map<string, Listed>();
  private loading: Promise<readonly RoomInfo[]> | undefined;
  private telling = false;

  constructor(
    private readonly http: Http,
    private readonly meet: (info: RoomInfo, last: MessageWire | null) => ChatMessage | undefined,
    private readonly changed: () => void,
  ) {}

  load(): Promise<readonly RoomInfo[]> {
    return (this.loading ??= this.readAll().finally(() => (this.loading = undefined)));
  }

  /** A live message. */
  heard(message: ChatMessage): void {
    const room = this.listed.get(message.room);
    if (!room || message.seq <= room.seq) return;
    const unread = room.info.unread + Number(!message.own);
    this.top({ seq: message.seq, info: { ...room.info, lastMessage: message, unread } });
  }

  /** This user has read up to seq. */
  read(id: string, seq: number): void {
    const room = this.listed.get(id);
    if (room) this.patch(id, { unread: Math.min(room.info.unread, Math.max(0, room.seq - seq)) });
  }

  event(name: string, { room: id, user = '', messageId, message }: EventWire): void {
    const info = this.listed.get(id)?.info;
    const last = info?.lastMessage;
    switch (name) {
      case 'room-joined':
      case 'history-cleared':
        return void this.refresh(id);
      case 'room-left':
      case 'room-deleted':
        this.listed.delete(id);
        return this.tell();
      case 'message-edited':
        if (last?.id === messageId)
          this.patch(id, { lastMessage: { ...last, text: message ?? '', edited: true } as ChatMessage });
        break;
      case 'message-deleted':
        if (last?.id === messageId) void this.refresh(id);
        break;
      case 'participant-joined':
      case 'participant-left': {
        if (!info) return;
        const joined = name === 'participant-joined';
        const others = info.participants.filter((p) => p !== user);
        const participantCount = info.participantCount + (joined ? 1 : -1);
        this.patch(id, { participants: joined ? [...others, user] : others, participantCount });
      }
    }
  }

  private async readAll(): Promise<readonly RoomInfo[]> {
    const listed = new Map<string, Listed>();
    for (let more = true; more; ) {
      const path = `chat/rooms?limit=${page}&skip=${listed.size}`;
      const { rooms, count } = await this.http.json<{ rooms: RoomWire[]; count: number }>('GET', path);
      const before = listed.size;
      for (const room of rooms) listed.set(room._id, this.take(room));
      more = listed.size > before && listed.size < count;
    }
    this.listed = listed;
    this.tell();
    return this.rooms;
  }

  private async refresh(id: string): Promise<void> {
    try {
      const room = this.take(await this.http.json<RoomWire>('GET', `chat/rooms/${encodeURIComponent(id)}`));
      if (!this.listed.has(id)) return this.top(room);
      this.listed.set(id, room);
      this.tell();
    } catch {
      // It is gone again, or the next connection reads the list.
    }
  }

  private take({ _id: id, lastMessage, seq, ...rest }: RoomWire): Listed {
    const { name, kind, unread, participants, participantCount, creator, visibility } = rest;
    const info: RoomInfo = { id, name, kind, unread, participants, participantCount, creator, visibility };
    return { seq, info: { ...info, lastMessage: this.meet(info, lastMessage) } };
  }

  private patch(id: string, change: Partial<RoomInfo>): void {
    const room = this.listed.get(id);
    if (room) room.info = { ...room.info, ...change };
    this.tell();
  }

  private top(room: Listed): void {
    this.listed.delete(room.info.id);
    this.listed = new Map([[room.info.id, room], ...this.listed]);
    this.tell();
  }

  private tell(): void {
    this.rooms = [...this.listed.values()].map((room) => room.info);
    if (this.telling) return;
    this.telling = true;
    queueMicrotask(() => {
      this.telling = false;
      this.changed();
    });
  }
}
