// A user with two devices is added to a room, removed from it and blocked, over
// HTTP, by an administrator: what both devices hear of it, over every pair of
// transports, while somebody else keeps posting. The last line on standard output
// is {"failed": [...], "passed": [...]}. The argument is JSON: `url`; `admin` and
// `creator`, {id, token}; `users`, one for each pair; `own`, whether their
// tokens are the server's own, which end for good when their user is blocked.
import assert from "node:assert/strict";
import {
  answers, ask, call, check, connect, connectRefused, finish, fresh, given, newRoom, refuses, texts, upgraded, within,
} from "./conduit-client.js";

const transports = { polling: ["polling"], websocket: ["websocket"], upgraded: ["polling", "websocket"] };
const pairs = [
  ["polling", "polling"],
  ["websocket", "websocket"],
  ["upgraded", "upgraded"],
  ["polling", "websocket"],
  ["polling", "upgraded"],
  ["websocket", "upgraded"],
];
const blocked = "This user is blocked";

const admin = (method, path, body) => call(given.admin, method, `/admin/chat${path}`, body);
const creator = await connect(given.creator, { transports: ["websocket"] });

const device = async (user, kind) => {
  const connection = await connect(user, { transports: transports[kind], reconnection: true });
  if (kind === "upgraded") await upgraded(connection);
  assert.equal(connection.socket.io.engine.transport.name, kind === "polling" ? "polling" : "websocket");
  connection.id = connection.socket.id;
  return connection;
};

/** The creator's messages into a room, numbered, without a pause and several at a time, until they are stopped. */
class Stream {
  begun = 0;
  #stored = [];
  #stopped = false;

  constructor(room) {
    this.room = room;
    this.tag = fresh("post");
    this.writers = [1, 2, 3].map(() => this.#write());
  }

  async #write() {
    while (!this.#stopped) {
      const n = ++this.begun;
      const ack = await creator.ask("message", this.room.id, `${this.tag}/${n}`);
      assert.equal(ack.ok, true, JSON.stringify(ack));
      this.#stored.push(ack.seq);
    }
  }

  /** The number of a message of this stream, or undefined. */
  number({ name, body }) {
    const [tag, n] = name === "message" ? body.content.split("/") : [];
    return tag === this.tag ? Number(n) : undefined;
  }

  hearing(listener) {
    return listener.hears("message", (body) => body.content.startsWith(`${this.tag}/`));
  }

  /** Goes on for ten messages that begin now, and ends when the room has heard them all. */
  async stop() {
    const enough = this.begun + 10;
    await within("the stream stands still", (done) => {
      const look = () => (this.begun >= enough ? done() : setTimeout(look, 5));
      look();
    });
    this.#stopped = true;
    await Promise.all(this.writers);
    const last = Math.max(...this.#stored);
    await creator.hears("message", ({ room, seq }) => room === this.room.id && seq === last);
  }
}

/** Posts into another room of the user's, and waits until all have it. */
const marker = async (room, listeners) => {
  const text = fresh("marker");
  assert.equal((await creator.ask("message", room.id, text)).ok, true);
  for (const one of [creator, ...listeners]) await one.hears("message", ({ content }) => content === text);
};

const of = (room) => ({ body }) => body?.room === room.id;
const stays = (one) => {
  assert.deepEqual(one.heard("disconnect"), []);
  assert.equal(one.socket.id, one.id, "it has reconnected");
};

for (const [index, kinds] of pairs.entries()) {
  const user = given.users[index];
  const on = `on ${kinds.join(" and ")}`;
  // The user's other room, and one that they are to be added to.
  const side = await newRoom(given.creator, user);
  const room = await newRoom(given.creator, given.creator);
  const path = `/${index % 2 === 0 ? "room" : "rooms"}/${room.id}/remove`;
  const devices = await Promise.all(kinds.map((kind) => device(user, kind)));
  const starts = () => devices.map(({ log }) => log.length);

  const add = async () => {
    await creator.ask("message", room.id, "before");
    const from = starts();
    answers(await admin("PUT", `/rooms/${room.id}/add`, { users: [user.id] }), { result: "Users added" });
    const { seq } = await creator.ask("message", room.id, "welcome");
    for (const [i, one] of devices.entries()) {
      await one.hears("message", (body) => body.room === room.id && body.seq === seq, from[i]);
      const heard = one.log.slice(from[i]).filter(of(room)).filter(({ name }) => /^(room-|message$)/.test(name));
      assert.deepEqual(heard.map(({ name }) => name), ["room-joined", "message"]);
      assert.deepEqual(heard[0].body, { room: room.id, roomName: room.name });
      stays(one);
    }
  };
  await check(`who is added hears it and the next message ${on}`, add);
  await check(`who is added posts ${on}`, async () => {
    for (const [i, one] of devices.entries()) {
      const text = fresh("from a device");
      assert.equal((await one.ask("message", room.id, text)).ok, true);
      await devices[1 - i].hears("message", ({ content }) => content === text);
    }
  });

  await check(`who is removed hears nothing more ${on}`, async () => {
    const from = starts();
    const stream = new Stream(room);
    await Promise.all(devices.map((one) => stream.hearing(one)));
    answers(await admin("PUT", path, { users: [user.id] }), { result: "Ok" });
    const last = stream.begun;
    creator.emit("typing", room.id, true);
    creator.emit("messagesRead", room.id);
    await stream.stop();
    await marker(side, devices);
    const heard = devices.map((one, i) => {
      stays(one);
      const events = one.log.slice(from[i]).filter(of(room));
      const left = events.findIndex(({ name }) => name === "room-left");
      assert.deepEqual(events[left]?.body, { room: room.id }, "no room-left");
      assert.deepEqual(events.slice(left + 1), [], "something came behind room-left");
      const numbers = events.map((event) => stream.number(event)).filter(Boolean);
      assert.ok(Math.max(...numbers) <= last, `heard what was begun behind the answer: ${numbers}, ${last}`);
      return events.filter(({ name }) => name === "message").map(({ body }) => body.seq);
    });
    assert.deepEqual(heard[0], heard[1], "the two devices have heard different parts");
    assert.deepEqual(heard[0], heard[0].map((_, i) => heard[0][0] + i), "there is a gap");
  });
  await check(`who is removed can do nothing there ${on}`, async () => {
    const refused = { ok: false, error: { code: "not_found", message: texts.room } };
    const { seq } = await ask(given.creator, "GET", `/chat/rooms/${room.id}`);
    const { id: roomId } = room;
    const events = [
      ["message", roomId, "x"],
      ["connectToRoom", roomId],
      ["join", roomId],
      ["messagesRead", roomId],
      ["history", { roomId }],
    ];
    for (const one of devices) {
      for (const event of events) {
        assert.deepEqual(await one.ask(...event), refused, event[0]);
      }
      const { rooms } = await one.ask("sync", { rooms: { [room.id]: "" } });
      assert.deepEqual(rooms[room.id], { gone: true });
    }
    refuses(await call(user, "POST", "/chat/messages", { roomId: room.id, message: "x" }), 404, texts.room);
    refuses(await call(user, "GET", `/chat/messages?roomId=${room.id}`), 404, texts.room);
    assert.equal((await ask(given.creator, "GET", `/chat/rooms/${room.id}`)).seq, seq);
  });
  await check(`who is added again hears the room again ${on}`, add);

  await check(`who is blocked is told, and hears nothing more ${on}`, async () => {
    const from = starts();
    const stream = new Stream(room);
    await Promise.all(devices.map((one) => stream.hearing(one)));
    answers(await admin("PUT", `/users/${user.id}/block`), { result: "User blocked" });
    const last = stream.begun;
    await stream.stop();
    await marker(side, []);
    for (const [i, one] of devices.entries()) {
      assert.equal(await one.hears("disconnect"), "io server disconnect");
      const log = one.log.slice(from[i]);
      const told = log.findIndex(({ name }) => name === "exception");
      assert.deepEqual(log[told]?.body, { status: "error", code: "blocked", message: blocked }, "no exception");
      const behind = log.slice(told + 1).filter(({ name }) => name !== "conduit_error");
      assert.deepEqual(behind, [{ name: "disconnect", body: "io server disconnect" }]);
      const numbers = log.map((event) => stream.number(event)).filter(Boolean);
      assert.ok(Math.max(...numbers) <= last, `heard what was begun behind the answer: ${numbers}, ${last}`);
      assert.equal(one.socket.active, false, "the client would come back");
    }
  });
  await check(`who is blocked does not come back ${on}`, async () => {
    const refused = async (text, code) => {
      for (const kind of kinds) {
        const { message, data } = await connectRefused({ transports: transports[kind], auth: { token: user.token } });
        assert.deepEqual([message, data], [text, { code }]);
      }
    };
    await refused(`7 PERMISSION_DENIED: ${blocked}`, "blocked");
    refuses(await call(user, "POST", "/chat/messages", { roomId: side.id, message: "x" }), 403, blocked);
    answers(await admin("PUT", `/users/${user.id}/unblock`), { result: "User unblocked" });
    if (given.own) return refused(`16 UNAUTHENTICATED: ${texts.badToken}`, "unauthenticated");
    const back = await Promise.all(kinds.map((kind) => device(user, kind)));
    await marker(room, back);
  });
}
finish();
