// The writers and what they do: in two rooms without a pause, and in rooms that
// readers are put into, removed from, leave and join again, or that are deleted.
// They connect past the broken network, and know what the server has said is
// stored.
import { Client } from "../client.js";

const options = { forceNew: true, reconnectionDelay: 50, reconnectionDelayMax: 200, transports: ["websocket"] };
const patienceMs = 60_000;
const askMs = 20_000;
const paceMs = 60; // between two writes of one writer, at most
const floodMessages = 24;
const floodText = "x".repeat(60_000);

const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const pass = new Set(["unavailable", "rate_limited"]);

export class World {
  errors = [];
  done = 0; // writes so far
  readers = [];
  #posts = new Map(); // id → { id, room, user, text, deleted }
  #backup = new Map();
  #random;
  #texts = 0;
  #writing; // the lanes' promise, while they go on
  #under = new Set(); // what is under way of them and the readers

  constructor(url, seed, rooms, writers) {
    Object.assign(this, { url, rooms });
    this.#random = generator(seed);
    this.writers = writers.map((writer) => ({ ...writer, client: new Client(url, writer.token, options) }));
  }

  wrong(text) {
    this.errors.push(text);
  }

  #below(n) {
    return Math.floor(this.#random() * n);
  }

  #any(list) {
    return list[this.#below(list.length)];
  }

  async until(what, holds) {
    const end = Date.now() + patienceMs;
    while (!holds()) {
      if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
      await pause(10);
    }
  }

  settled() {
    return this.until("the writers", () => this.writers.every(({ client }) => client.online));
  }

  // The steady writing. The first writer, who owns the rooms, takes no part in it:
  // what happens to that one's messages is written out below.

  write() {
    if (this.#writing) return;
    const run = (this.#writing = { stop: false });
    const lanes = this.writers.slice(1).map((writer) => this.#lane(run, writer));
    run.lanes = [...lanes, ...this.readers.map((reader) => this.#talk(run, reader))];
  }

  async rest() {
    const run = this.#writing;
    this.#writing = undefined;
    if (run) {
      run.stop = true;
      await Promise.all(run.lanes);
    }
    await this.until("the outboxes to be empty", () => this.#under.size === 0);
  }

  async #lane(run, writer) {
    while (!run.stop) {
      const room = this.#any(this.rooms);
      const own = [...this.#posts.values()].filter((p) => p.user === writer.id && p.room === room && !p.deleted);
      const dice = this.#random();
      if (own.length < 5 || dice < 0.55) await this.post(room, writer);
      else if (dice < 0.85) await this.#edit(this.#any(own));
      else await this.#delete(this.#any(own));
      this.done++;
      await pause(this.#below(paceMs));
    }
  }

  // A reader goes on to send while it is cut off.
  async #talk(run, reader) {
    while (!run.stop) {
      reader.send(this.#any(this.rooms));
      await pause(100 + this.#below(200));
    }
  }

  // What is written, and what is known of it.

  /** Notes a message that was sent once it is acknowledged. */
  stored(user, room, text, sent) {
    const under = sent.then(({ messageId }) => {
      const post = { id: messageId, room, user, text, deleted: false };
      this.#posts.set(messageId, post);
      return post;
    });
    this.#under.add(under);
    const end = () => this.#under.delete(under);
    under.then(end, (error) => {
      end();
      this.wrong(`${user} cannot post in ${room}: ${error.message}`);
    });
    return under;
  }

  post(room, writer = this.#any(this.writers), prefix = "text") {
    const text = `${prefix} ${++this.#texts}`;
    return this.stored(writer.id, room, text, writer.client.send(room, text));
  }

  async #edit(post) {
    const text = `${post.text.split(",")[0]}, edited ${++this.#texts}`;
    await this.#change(post, "edit", text);
    post.text = text;
  }

  async #delete(post) {
    await this.#change(post, "delete");
    post.deleted = true;
  }

  // Asks until there is an answer. Whoever asks again to delete what is gone by
  // then is told that it does not exist.
  async #change(post, event, ...args) {
    const { client } = this.writers.find(({ id }) => id === post.user);
    for (let unknown = false; ; ) {
      await this.until(`${post.user} to be connected`, () => client.online);
      const ack = await client.socket
        .timeout(askMs)
        .emitWithAck(event, post.id, ...args)
        .catch(() => undefined);
      if (ack?.ok || (unknown && event === "delete" && ack?.error.code === "not_found")) break;
      if (ack && !pass.has(ack.error.code)) {
        this.wrong(`${event} of ${post.text}: ${ack.error.message}`);
        break;
      }
      unknown = true; // it may have been done
      await pause(20);
    }
  }

  /** What the server has said is stored. */
  model() {
    return [...this.#posts.values()].map(({ id, room, user, text, deleted }) => ({ id, room, user, text, deleted }));
  }

  remember() {
    this.#backup = structuredClone(this.#posts);
  }

  restored() {
    this.#posts = structuredClone(this.#backup);
  }

  // What happens while the readers are away.

  /** Makes the rooms that will change, and posts what will be edited and deleted. */
  async prepare() {
    const [owner] = this.writers;
    const users = [...this.writers, ...this.readers].map(({ id }) => id);
    const room = async () => (await this.#call(owner, "POST", "/chat/rooms", { roomName: "moving", users })).roomId;
    this.moving = { removed: await room(), deleted: await room(), left: await room(), again: await room() };
    for (const id of Object.values(this.moving)) {
      for (let n = 0; n < 3; n++) await this.post(id);
    }
    this.before = [];
    for (let n = 0; n < 4; n++) this.before.push(await this.post(this.rooms[0], owner));
  }

  async away() {
    await Promise.all([this.#texting(), this.#removal(), this.#deletion(), this.#leaving(), this.#readding(), this.#newRoom()]);
  }

  // Everything that can happen to a text, of before and of now.
  async #texting() {
    const [room] = this.rooms;
    const [twice, late, gone] = this.before;
    await this.#edit(twice);
    await this.#edit(twice);
    await this.#edit(late);
    await this.#delete(late);
    await this.#delete(gone);
    const [writer] = this.writers;
    await this.#delete(await this.post(room, writer));
    const fresh = await this.post(room, writer);
    await this.#edit(fresh);
    await this.#edit(fresh);
    const brief = await this.post(room, writer);
    await this.#edit(brief);
    await this.#delete(brief);
  }

  #readersIds = () => this.readers.map(({ id }) => id);

  async #removal() {
    const room = this.moving.removed;
    await this.post(room);
    await this.#call(this.writers[0], "PUT", `/chat/rooms/${room}/removeUsers`, { users: this.#readersIds() });
    for (let n = 0; n < 3; n++) await this.post(room, this.writers[0], "secret");
  }

  async #deletion() {
    const room = this.moving.deleted;
    await this.post(room);
    await this.#call(this.writers[0], "DELETE", `/chat/rooms/${room}`);
  }

  async #leaving() {
    const room = this.moving.left;
    await this.post(room);
    await Promise.all(this.readers.map((reader) => this.#call(reader, "PUT", `/chat/leave/${room}`)));
    await this.post(room);
    await Promise.all(this.readers.map((reader) => this.#call(reader, "PUT", `/chat/rooms/${room}/join`)));
    await this.post(room);
  }

  async #readding() {
    const room = this.moving.again;
    const users = this.#readersIds();
    await this.#call(this.writers[0], "PUT", `/chat/rooms/${room}/removeUsers`, { users });
    await this.post(room);
    await this.#call(this.writers[0], "PUT", `/chat/rooms/${room}/addUsers`, { users });
    await this.post(room);
  }

  async #newRoom() {
    const users = this.writers.map(({ id }) => id);
    const { roomId } = await this.#call(this.writers[0], "POST", "/chat/rooms", { roomName: "new", users });
    await this.post(roomId);
    await this.#call(this.writers[0], "PUT", `/chat/rooms/${roomId}/addUsers`, { users: this.#readersIds() });
    await this.post(roomId);
  }

  async flood() {
    const [writer] = this.writers;
    for (let n = 0; n < floodMessages; n++) await this.post(this.rooms[0], writer, `${floodText} flood`);
  }

  // Calls until there is an answer. One that says no to the second attempt may do
  // so because of the first.
  async #call({ token }, method, path, body) {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const end = Date.now() + patienceMs;
    for (let unknown = false; Date.now() < end; await pause(20)) {
      const signal = AbortSignal.timeout(askMs);
      const answer = await fetch(`${this.url}${path}`, { method, headers, signal, body: body && JSON.stringify(body) }).catch(
        () => undefined,
      );
      const result = await answer?.json().catch(() => undefined);
      if (result && answer.ok) return result;
      if (result && answer.status < 500) {
        if (unknown) return result;
        throw new Error(`${method} ${path}: ${JSON.stringify(result)}`);
      }
      unknown = true;
    }
    throw new Error(`${method} ${path}: no answer`);
  }
}

// A generator of numbers from 0 to 1 (mulberry32): the same for the same seed.
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t ^= t + Math.imul(t ^ (t >>> 7), 61 | t);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
