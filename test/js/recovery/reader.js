// A reader: the cursor-keeping client, cut off again and again, and the log of
// what its connections were sent, which is held against the server's promises
// event by event: what the client makes of it could hide a double or a gap.
import { Client } from "../client.js";

const options = { forceNew: true, reconnectionDelay: 50, reconnectionDelayMax: 200 };
const version = (cursor) => Number(cursor.slice(cursor.lastIndexOf(":") + 1));
const changes = new Set(["message", "message-edited", "message-deleted"]);
const ends = new Set(["room-left", "room-deleted"]);
const askMs = 20_000;

// A long text is told by its beginning and its length.
const short = (text) => (text.length > 100 ? `${text.slice(0, 80)}... ${text.length}` : text);

export class Reader {
  overrun = false; // more was posted while it was away than its session holds
  ended = false; // the server that it was connected to
  #connects = [];
  #next = new Map(); // room → the version of its next event; null: any
  #heads = new Map(); // room → the version behind which its first event may not begin
  #resyncs = new Set(); // rooms whose history was read
  #news = 0;

  /** @param forget makes its client unable to ask for recovery */
  constructor(url, { id, token, transports, forget }, world) {
    Object.assign(this, { id, token, forget, world });
    this.client = new Client(url, token, { ...options, transports });
    const { socket } = this.client;
    socket.on("connect", () => this.#connected());
    socket.on("disconnect", () => forget && Object.assign(socket, { _pid: undefined, _lastOffset: undefined }));
    socket.onAny((name, body, offset) => this.#event(name, body, offset));
    socket.onAnyOutgoing((name, body) => name === "history" && this.#resyncs.add(body.roomId));
  }

  /** It is connected and behind with nothing that it knows of. */
  get settled() {
    const { online, rooms } = this.client;
    return online && [...rooms.values()].every(({ live }) => live);
  }

  takeConnects() {
    return this.#connects.splice(0);
  }

  /** Sends a text of its own, connected or not. */
  send(room) {
    const text = `${this.id} says ${++this.#news}`;
    return this.world.stored(this.id, room, text, this.client.send(room, text));
  }

  #connected() {
    const { recovered } = this.client.socket;
    this.#connects.push({ reader: this.id, forget: this.forget, recovered });
    if (!recovered) return;
    for (const reason of ["forget", "overrun", "ended"]) {
      if (this[reason]) this.#wrong(`recovered in spite of ${reason}`);
    }
    this.overrun = false;
  }

  #event(name, body, offset) {
    if (name === "ready") {
      this.overrun = this.ended = false;
      this.#next = new Map(Object.keys(body.rooms).map((id) => [id, null]));
      this.#heads = new Map(Object.entries(body.rooms).map(([id, head]) => [id, version(head) + 1]));
    } else if (name === "room-joined") {
      this.#next.set(body.room, null);
      this.#heads.delete(body.room);
    } else if (ends.has(name)) {
      this.#next.delete(body.room);
    } else if (changes.has(name) && typeof offset === "string") {
      this.#change(name, body); // without an offset it is a retry's own answer
    }
  }

  // Over a session, recovered or not, each change of a room comes once and in
  // order. The first may be older than the cursor that `ready` named.
  #change(name, { room, cursor, message }) {
    const at = version(cursor);
    if (!this.#next.has(room)) this.#wrong(`${name} of room ${room}, in which it is not`);
    const want = this.#next.get(room) ?? Math.min(at, this.#heads.get(room) ?? at);
    if (at !== want) this.#wrong(`${name} ${at} of room ${room} came where ${want} had to`);
    if (message?.startsWith("secret")) this.#wrong(`reads ${message}`);
    this.#next.set(room, at + 1);
  }

  #wrong(text) {
    this.world.wrong(`${this.id}: ${text}`);
  }

  /** Waits until everything has come that is on its way. */
  async ping() {
    await this.client.socket
      .timeout(askMs)
      .emitWithAck("ping")
      .catch(() => {}); // it was just cut off: the test looks again
  }

  /** All rooms as it sees them. */
  view() {
    const rooms = [...this.client.rooms].map(([id, { messages }]) => {
      const shown = [...messages.values()].filter(({ deleted }) => !deleted);
      const seen = shown.map(({ _id, seq, message }) => ({ _id, seq, message: short(message) }));
      return [id, seen.sort((a, b) => a.seq - b.seq)];
    });
    const view = { reader: this.id, rooms: Object.fromEntries(rooms), resyncs: [...this.#resyncs] };
    this.#resyncs.clear();
    return view;
  }

  cursors() {
    return Object.fromEntries([...this.client.rooms].map(([id, { cursor }]) => [id, cursor]));
  }
}
