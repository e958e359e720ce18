// How a client keeps what the server promises: nothing lost, nothing twice, in
// order, over lost connections, restarts and other nodes. Copy it.
//
// Three things make it work:
//   - every message that is sent has a nonce and stays in the outbox until it is
//     acknowledged; after a reconnection it is sent again, and the server takes
//     the same nonce for the same message;
//   - every room has a cursor, the state up to which the client has everything;
//     after a reconnection `sync` gives what came since;
//   - while a room is catching up its live events wait, so that the cursor never
//     runs ahead of a gap. Messages are kept by id, and the higher cursor wins.
import { randomUUID } from "node:crypto";
import { io } from "socket.io-client";

const ackTimeoutMs = 20_000;
const retryMs = 500;
const retried = new Set(["unavailable", "rate_limited"]);

// version makes the cursors of one room comparable; between epochs they are not,
// and the server answers `resync`.
const version = (cursor) => Number(cursor.slice(cursor.lastIndexOf(":") + 1));
const newer = (a, b) => version(a) > version(b);
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

export class Client {
  rooms = new Map(); // id → { cursor, messages: id → message, live, waiting: live events }
  outbox = new Map(); // nonce → { message, resolve, reject }

  /**
   * @param url of the server
   * @param token who connects
   * @param saved what save() returned, from an earlier life
   * @param options of socket.io-client
   */
  constructor(url, token, { saved, ...options } = {}) {
    for (const [id, { cursor, messages }] of Object.entries(saved?.rooms ?? {})) {
      this.rooms.set(id, newRoom(cursor, messages));
    }
    for (const message of saved?.outbox ?? []) {
      this.outbox.set(message.nonce, { message, resolve() {}, reject() {} });
    }
    this.socket = io(`${url}/chat`, {
      path: "/realtime/",
      auth: (send) => send({ token }),
      ...options,
    });
    this.#listen();
  }

  /** What has to outlive this process. */
  save() {
    const rooms = [...this.rooms].map(([id, { cursor, messages }]) => [
      id,
      { cursor, messages: [...messages.values()] },
    ]);
    return {
      rooms: Object.fromEntries(rooms),
      outbox: [...this.outbox.values()].map(({ message }) => message),
    };
  }

  close() {
    this.socket.disconnect();
  }

  /** Sends a text; the promise is kept once it is stored, however often the connection breaks. */
  send(roomId, content) {
    const message = { roomId, content, nonce: randomUUID() };
    return new Promise((resolve, reject) => {
      const entry = { message, resolve, reject };
      this.outbox.set(message.nonce, entry);
      if (this.online) this.#transmit(entry);
    });
  }

  #listen() {
    const { socket } = this;
    socket.on("connect", () => {
      socket.io.reconnectionDelay(socket.io.opts.reconnectionDelay ?? 1000);
      if (socket.recovered) this.#resume(); // there is no `ready`: the session goes on
    });
    socket.on("ready", ({ rooms }) => this.#restart(rooms));
    socket.on("disconnect", () => (this.online = false));
    socket.on("draining", ({ reconnectInMs }) => {
      this.online = false; // what is sent now would not be taken
      socket.io.reconnectionDelay(reconnectInMs);
    });

    socket.on("message", (m) => this.#live(m));
    socket.on("message-edited", (m) => this.#live({ ...m, _id: m.messageId }));
    socket.on("message-deleted", (m) => this.#live({ ...m, _id: m.messageId, deleted: true }));
    socket.on("history-cleared", (m) => this.#live({ ...m, cleared: true }));

    socket.on("room-joined", ({ room }) => {
      this.link?.moved.add(room);
      if (!this.rooms.has(room)) this.rooms.set(room, newRoom(""));
      this.rooms.get(room).live = false;
      if (this.online) this.#catchUp();
    });
    for (const end of ["room-left", "room-deleted"]) {
      socket.on(end, ({ room }) => {
        this.link?.moved.add(room);
        this.rooms.delete(room);
      });
    }
  }

  // A new session: each room is behind until `sync` says otherwise.
  #restart(heads) {
    this.heads = heads;
    for (const id of Object.keys(heads)) {
      if (!this.rooms.has(id)) this.rooms.set(id, newRoom(""));
    }
    for (const room of this.rooms.values()) Object.assign(room, { live: false, waiting: [] });
    this.#resume();
  }

  // link is one connection: what was begun over it ends with it.
  #resume() {
    this.online = true;
    this.link = { catchingUp: false, moved: new Set() };
    for (const entry of this.outbox.values()) this.#transmit(entry);
    this.#catchUp();
  }

  async #transmit(entry) {
    const { nonce } = entry.message;
    try {
      const ack = await this.#call("message", entry.message);
      this.outbox.delete(nonce);
      entry.resolve(ack);
    } catch (error) {
      if (error.code && !retried.has(error.code)) {
        this.outbox.delete(nonce);
        entry.reject(error);
      } else if (this.online) {
        await pause(error.retryAfterMs ?? retryMs);
        if (this.online && this.outbox.has(nonce)) this.#transmit(entry);
      } // else the next connection sends it again
    }
  }

  // One at a time, until no room is behind or the connection is lost. The answer
  // to a `sync` was read while events went on: it says nothing of rooms that were
  // entered or left since it was asked, which are asked for again.
  async #catchUp() {
    const { link } = this;
    if (link.catchingUp) return;
    link.catchingUp = true;
    while (this.online && this.link === link) {
      const behind = [...this.rooms].filter(([, room]) => !room.live);
      if (behind.length === 0) break;
      const cursors = behind.map(([id, { cursor }]) => [id, cursor]);
      link.moved.clear();
      try {
        const { rooms } = await this.#read("sync", { rooms: Object.fromEntries(cursors) });
        for (const [id, part] of Object.entries(rooms)) {
          if (!link.moved.has(id)) await this.#take(id, part);
        }
      } catch (error) {
        await pause(error.retryAfterMs ?? retryMs);
      }
    }
    link.catchingUp = false;
  }

  // One room's answer to `sync`.
  async #take(id, { messages, cursor, more, resync, gone }) {
    if (gone) {
      this.rooms.delete(id);
      return;
    }
    const room = this.rooms.get(id) ?? newRoom("");
    this.rooms.set(id, room);
    if (room.live) return;
    if (resync) {
      await this.#reread(id, room);
      if (this.link.moved.has(id)) return;
    } else if (messages) {
      for (const m of messages) merge(room, m);
      room.cursor = cursor;
      if (more) return;
    } else {
      return; // a new room: the next round asks for it from the start
    }
    room.live = true;
    for (const m of room.waiting.splice(0)) apply(room, m);
  }

  // The cursor is of no use any more: drop the room and read its history. What
  // happened since the head that `ready` named waits among the live events.
  async #reread(id, room) {
    room.messages.clear();
    room.cursor = ""; // it is from the start again, should this be cut off
    let before;
    for (;;) {
      const { messages, more } = await this.#read("history", { roomId: id, before, limit: 200 });
      for (const m of messages) merge(room, m);
      if (!more) break;
      before = messages[0].seq;
    }
    room.cursor = this.heads[id] ?? "";
  }

  #live(event) {
    const room = this.rooms.get(event.room);
    if (!room) return;
    if (room.live) apply(room, event);
    else room.waiting.push(event);
  }

  // #read is #call for what is of use to this connection alone.
  async #read(event, body) {
    const { link } = this;
    const ack = await this.#call(event, body);
    if (this.link !== link) throw new Error("the connection was lost");
    return ack;
  }

  async #call(event, body) {
    const ack = await this.socket.timeout(ackTimeoutMs).emitWithAck(event, body);
    if (!ack.ok) throw Object.assign(new Error(ack.error.message), ack.error);
    return ack;
  }
}

function newRoom(cursor, messages = []) {
  return { cursor, messages: new Map(messages.map((m) => [m._id, m])), live: false, waiting: [] };
}

// apply takes a live event; a room's events come in the order of their cursors.
function apply(room, event) {
  if (event.cleared) room.messages.clear();
  else merge(room, event);
  if (newer(event.cursor, room.cursor)) room.cursor = event.cursor;
}

function merge(room, m) {
  const old = room.messages.get(m._id);
  if (!old || newer(m.cursor, old.cursor)) room.messages.set(m._id, { ...old, ...m });
}
