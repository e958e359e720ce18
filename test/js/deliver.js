// Users exchange messages in bursts over one transport. Printed is what went
// wrong, and the ids of the messages in the order in which everybody got them.
import { io } from "socket.io-client";

const { url, transport, room, users, total, burst } = JSON.parse(process.argv[2]);
const errors = [];
const wrong = (text) => errors.length < 20 && errors.push(text);

const transports = { upgrade: ["polling", "websocket"] }[transport] ?? [transport];

class User {
  got = []; // ids in order of arrival
  stored = new Map(); // id → seq, as acknowledged

  constructor({ id, token }) {
    this.id = id;
    this.token = token;
    this.socket = io(`${url}/chat`, {
      path: "/realtime/",
      auth: { token },
      transports,
      forceNew: true,
    });
    this.ready = new Promise((done) => this.socket.once("ready", done));
    this.socket.on("connect_error", (error) => wrong(`${id}: ${error.message}`));
    this.socket.on("disconnect", (reason) => this.done || wrong(`${id}: ${reason}`));
    this.complete = new Promise((done) => {
      this.socket.on("message", (m) => {
        if (this.got.push(m._id) !== m.seq) wrong(`${id}: seq ${m.seq} came as number ${this.got.length}`);
        if (m.room !== room) wrong(`${id}: a message of ${m.room}`);
        if (this.got.length === total) done();
      });
    });
  }

  // The last acks are waited for before the next burst, and each must come in turn.
  async send(count) {
    for (let n = 0; n < count; ) {
      const size = Math.min(burst, count - n);
      let acked = n;
      await new Promise((done) => {
        for (let end = n + size; n < end; n++) {
          const mine = n;
          this.socket.emit("message", room, `${this.id} ${mine}`, (ack) => {
            if (!ack.ok) wrong(`${this.id}: ${JSON.stringify(ack.error)}`);
            if (mine !== acked++) wrong(`${this.id}: ack of ${mine} came as number ${acked}`);
            this.acknowledged(ack, mine);
            if (acked === end) done();
          });
        }
      });
    }
  }

  acknowledged({ messageId, seq }, n) {
    if (seq <= (this.last ?? 0)) wrong(`${this.id}: seq ${seq} acknowledged after ${this.last}`);
    this.last = seq;
    this.stored.set(messageId, seq);
    if (n % 50 === 0) this.checks.push(this.isStored(messageId, seq));
  }

  // An ack means that the message is there for everyone who asks.
  checks = [];
  async isStored(messageId, seq) {
    const answer = await fetch(`${url}/chat/messages?roomId=${room}&limit=1&before=${seq + 1}`, {
      headers: { authorization: `Bearer ${this.token}` },
    });
    const { messages } = await answer.json();
    if (messages?.[0]?._id !== messageId) wrong(`${messageId} is acknowledged but not stored at ${seq}`);
  }
}

const everyone = users.map((user) => new User(user));
await Promise.all(everyone.map(({ ready }) => ready));
const began = performance.now();
await Promise.all(everyone.map((user, i) => user.send(Math.floor((total + i) / everyone.length))));
await Promise.all(everyone.map(({ complete }) => complete));
const seconds = (performance.now() - began) / 1000;
await Promise.all(everyone.flatMap(({ checks }) => checks));
await Promise.all(everyone.map((user) => user.socket.emitWithAck("ping"))); // and nothing comes after

const [{ got }] = everyone;
for (const user of everyone) {
  if (user.got.join() !== got.join()) wrong(`${user.id} got something else`);
  for (const [id, seq] of user.stored) {
    if (got[seq - 1] !== id) wrong(`${user.id}: ${id} was acknowledged as ${seq}`);
  }
  const used = user.socket.io.engine.transport.name;
  if (used !== transports.at(-1)) wrong(`${user.id} ended on ${used}`);
  user.done = true;
  user.socket.disconnect();
}
process.stdout.write(`${JSON.stringify({ errors, seconds, ids: got })}\n`);
