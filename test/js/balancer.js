// Users of the cursor-keeping client behind a balancer that sends each request to
// another node, each user over one kind of transport. The test asks for one thing at
// a time, with a word on a line, and is answered with a JSON object.
import { createInterface } from "node:readline";
import { Client } from "./client.js";

const { url, users, perUser } = JSON.parse(process.argv[2]);

const patienceMs = 55_000;
const kinds = { polling: ["polling"], websocket: ["websocket"], upgrade: ["polling", "websocket"] };
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const errors = [];
const wrong = (text) => errors.length < 20 && errors.push(text);

class User {
  stored = []; // what was acknowledged
  heard = new Map(); // room → ids of live messages, in order of arrival
  drains = 0; // connections that were ended with a word
  losses = []; // why others ended

  constructor({ id, token, kind, rooms }) {
    Object.assign(this, { id, kind, rooms });
    this.client = new Client(url, token, { forceNew: true, transports: kinds[kind] });
    const { socket } = this.client;
    socket.on("connect", () => {
      this.told = false;
      if (!socket.recovered) this.last = new Map(); // room → seq
    });
    socket.on("disconnect", (reason) => this.told || this.losses.push(reason));
    socket.on("message", (m, offset) => offset && this.#hear(m)); // none: a repetition, to who repeats
    socket.on("draining", () => {
      this.told = true;
      this.drains++;
    });
  }

  // Over one session a room's messages come in order, each once.
  #hear({ _id, seq, room }) {
    const last = this.last.get(room);
    if (last !== undefined && seq !== last + 1) wrong(`${this.id}: seq ${seq} came after ${last}`);
    this.last.set(room, seq);
    if (!this.heard.has(room)) this.heard.set(room, []);
    this.heard.get(room).push(_id);
  }

  async post() {
    const acks = [];
    for (let n = 0; n < perUser; n++) {
      const sent = this.client.send(this.rooms[n % this.rooms.length], `${this.id} says ${n}`);
      acks.push(sent.then(({ messageId, seq }) => this.stored.push({ id: messageId, seq })));
      await pause(Math.random() * 200);
    }
    await Promise.all(acks);
  }

  get settled() {
    const { online, rooms } = this.client;
    return online && this.rooms.every((room) => rooms.get(room)?.live);
  }

  get transport() {
    return this.client.socket.io.engine.transport.name;
  }

  get view() {
    const { id, kind, transport, heard, stored, drains, losses } = this;
    const seen = this.rooms.map((room) => [room, [...this.client.rooms.get(room).messages.values()]]);
    const ids = (messages) => messages.sort((a, b) => a.seq - b.seq).map(({ _id }) => _id);
    return {
      id,
      kind,
      transport,
      stored,
      drains,
      losses,
      heard: Object.fromEntries(heard),
      seen: Object.fromEntries(seen.map(([room, messages]) => [room, ids(messages)])),
    };
  }
}

const all = users.map((user) => new User(user));

async function until(what, holds) {
  for (const end = Date.now() + patienceMs; !holds(); await pause(20)) {
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
  }
}

let posting;

const deeds = {
  /** Everybody is there, over the transport that they are to end on. */
  connected: () => until("all to be connected", () => all.every((u) => u.settled && u.transport === kinds[u.kind].at(-1))),
  /** Everybody begins to post. */
  post() {
    posting = Promise.all(all.map((user) => user.post()));
    posting.catch(() => {}); // told by rest
  },
  /** Everything is acknowledged, and everybody has caught up. */
  async rest() {
    await Promise.race([
      posting,
      pause(patienceMs).then(() => {
        throw new Error(`${all.reduce((n, { client }) => n + client.outbox.size, 0)} posts are not acknowledged`);
      }),
    ]);
    await until("all to be back", () => all.every(({ settled }) => settled));
    // What was sent before the answer to this stands before it.
    await Promise.all(all.map(({ client }) => client.socket.timeout(patienceMs).emitWithAck("ping")));
  },
  look: () => ({ views: all.map(({ view }) => view) }),
};

for await (const what of createInterface({ input: process.stdin })) {
  let answer;
  try {
    answer = await deeds[what]();
  } catch (error) {
    wrong(`${what}: ${error.message}`);
  }
  process.stdout.write(`${JSON.stringify({ did: what, ...answer, errors: errors.splice(0) })}\n`);
}
process.exit(0);
