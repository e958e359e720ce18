// What a participant of a course writes who has its chapter "2.0 Chat Intro" and
// the server's README: the user's side of the online shop. There is a service for
// the websocket, with the messages as a stream to subscribe to, and the model of
// the chat widget above it. What the chapter leaves open is tried, and printed as
// `readings`. The last line on standard output is
//
//   {"failed": [...], "readings": {...}, "passed": [...]}
//
// and the exit status is 0 if nothing failed. The argument is JSON: `http` and
// `socket`, the two addresses; `tokens`, those of three users without a history.
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { io } from "socket.io-client";

const given = JSON.parse(process.argv[2] ?? "{}");
const httpUrl = given.http ?? "http://localhost:3000";
const socketUrl = given.socket ?? "http://localhost:3000";
const [ada, ben, cy] = given.tokens ?? [];
const patience = 20_000; // for anything that must happen

const passed = [];
const failed = [];
const readings = {};

/** An assertion with a name; the ones after it are made whatever comes of it. */
const check = async (name, run) => {
  try {
    await run();
    passed.push(name);
  } catch (error) {
    failed.push(`${name}: ${error.message}`);
  }
};

/** What came of something on which the chapter is silent. */
const reading = async (name, run) => {
  readings[name] = String(await run().catch((error) => `failed: ${error.message}`));
};

/** Waits until something holds. */
const until = async (what, holds, limit = patience) => {
  for (const end = Date.now() + limit; !holds(); await sleep(10)) {
    if (Date.now() > end) throw new Error(`not within ${limit} ms: ${what}`);
  }
};

// --- the shop's chat API -----------------------------------------------------

/** One request about the logged-in user's history; `{status, json}`. */
const history = async (method, token) => {
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const signal = AbortSignal.timeout(patience);
  const res = await fetch(`${httpUrl}/chat/history`, { method, headers, signal });
  const text = await res.text();
  let json;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  return { status: res.status, json };
};

/** The saved messages, oldest first; the answer must be complete. */
const saved = async (token) => {
  const { status, json } = await history("GET", token);
  assert.equal(status, 200);
  assert.ok(Array.isArray(json?.messages), `no messages in ${JSON.stringify(json)}`);
  assert.equal(json.count, json.messages.length, "count is not the number of messages");
  assert.ok(!json.more, "there are more messages than a short chat has");
  return json.messages;
};

/**
 * Who wrote a saved message. The README's facts say it for the event alone, where it
 * is `sender`; a saved one may name it as the server's HTTP answers are seen to.
 */
const senderOf = (m) => m.sender ?? m.senderUser;

const texts = async (token) => (await saved(token)).map((m) => m.message);

// --- the service and the widget ----------------------------------------------

/** The websocket connectivity: sends, and tells its subscribers all events. */
class ChatService {
  events = []; // everything that has come, for the checks
  #observers = new Set();

  constructor(token, transports) {
    const auth = token === undefined ? {} : { token };
    const options = { path: "/realtime/", auth, autoConnect: false, forceNew: true };
    this.socket = io(`${socketUrl}/chat`, transports ? { ...options, transports } : options);
    this.socket.onAny((name, ...args) => {
      const event = { name, body: args[0] };
      this.events.push(event);
      for (const observer of this.#observers) observer(event);
    });
  }

  connect() {
    return new Promise((resolve, reject) => {
      this.socket.once("connect", resolve);
      this.socket.once("connect_error", reject);
      this.socket.connect();
    });
  }

  /** Resolves to the acknowledgement. */
  send(text) {
    return this.socket.timeout(patience).emitWithAck("message", text);
  }

  /** Returns how to unsubscribe. */
  subscribe(observer) {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  of(...names) {
    return this.events.filter((e) => names.includes(e.name)).map((e) => e.body);
  }

  close() {
    this.socket.disconnect();
  }
}

/** The id that an acknowledgement gives the message, if it does. */
const idOf = (ack) => ack?._id ?? ack?.messageId ?? ack?.id ?? ack?.message?._id;

const widgets = [];

/** The chat widget: a list of bubbles {id, text, open, steps}. */
class ChatWidget {
  bubbles = [];
  #loaded = Promise.resolve();

  constructor(token, transports) {
    this.token = token;
    this.service = new ChatService(token, transports);
    this.service.subscribe((event) => this.#receive(event));
    widgets.push(this);
  }

  /** Connects first, so that nothing falls between the history and what follows. */
  async open() {
    await this.service.connect();
    await this.#load();
    return this;
  }

  async send(text) {
    const own = { text, open: true };
    this.bubbles.push(own);
    const ack = await this.service.send(text);
    own.open = false;
    own.id ??= idOf(ack);
    this.bubbles = this.bubbles.filter((b) => b === own || b.id === undefined || b.id !== own.id);
    return ack;
  }

  async clear() {
    const { status } = await history("DELETE", this.token);
    assert.ok(status >= 200 && status < 300, `clearing answers ${status}`);
    this.bubbles = [];
    return status;
  }

  get shown() {
    return this.bubbles.map((b) => b.text);
  }

  #find(id) {
    return this.bubbles.find((b) => b.id === id);
  }

  /** The bubble of a message, which may be our own whose id we do not know yet. */
  #bubble({ _id: id, message: text }) {
    const bubble = this.#find(id) ?? this.bubbles.find((b) => b.id === undefined && b.text === text);
    return Object.assign(bubble ?? {}, { id, text });
  }

  #load() {
    const load = async () => {
      // What is under way when the history is asked for may be missing in the answer.
      const settled = new Set(this.bubbles.filter((b) => !b.open));
      const stored = (await saved(this.token)).map((m) => this.#bubble(m));
      const live = this.bubbles.filter((b) => !settled.has(b) && !stored.includes(b));
      this.bubbles = [...stored, ...live];
    };
    this.#loaded = this.#loaded.catch(() => {}).then(load);
    return this.#loaded;
  }

  #receive({ name, body }) {
    if (name === "stream-start" || name === "stream-token") {
      let bubble = this.#find(body.messageId);
      if (!bubble) {
        bubble = { id: body.messageId, text: "", open: true, steps: [] };
        this.bubbles.push(bubble);
      }
      if (name === "stream-token") bubble.text += body.token;
      bubble.steps?.push(bubble.text);
    } else if (name === "message") {
      // The whole of a reply, or a question: from another tab, or our own again.
      const bubble = this.#bubble(body);
      bubble.open = false;
      if (!this.bubbles.includes(bubble)) this.bubbles.push(bubble);
    } else if (name === "stream-end") {
      const bubble = this.#find(body.messageId);
      if (bubble) bubble.open = false;
    } else {
      // Nothing that the README told us about: it may concern what we show.
      this.#load().catch(() => {});
    }
  }
}

/** Asks, and waits until the reply is finished; the reply with all its events. */
const ask = async (widget, question, ...watching) => {
  const { service } = widget;
  const before = service.of("stream-end").length;
  const ack = await widget.send(question);
  assert.equal(ack?.ok, true, `the acknowledgement is ${JSON.stringify(ack)}`);
  await until(`the end of the reply to "${question}"`, () => service.of("stream-end").length > before);
  const end = service.of("stream-end")[before];
  const parts = (of) => ({
    end,
    start: of.service.of("stream-start").filter((e) => e.messageId === end.messageId),
    tokens: of.service.of("stream-token").filter((e) => e.messageId === end.messageId),
    messages: of.service.of("message").filter((e) => e._id === end.messageId),
    ends: of.service.of("stream-end").filter((e) => e.messageId === end.messageId),
  });
  for (const tab of [widget, ...watching]) {
    const complete = () => parts(tab).messages.length > 0 && parts(tab).ends.length > 0;
    await until(`\`message\` and \`stream-end\` of the reply to "${question}"`, complete);
  }
  return { ack, ...parts(widget), whole: parts(widget).messages[0].message };
};

/** The offsets of the chunks, as whatever they count. */
const counted = (tokens) => {
  const measures = {
    "UTF-16 units": (s) => s.length,
    bytes: (s) => Buffer.byteLength(s),
    "code points": (s) => [...s].length,
    chunks: null,
  };
  const fits = Object.entries(measures).filter(([, size]) => {
    let place = 0;
    return tokens.every((t) => {
      const right = t.offset === place;
      place += size ? size(t.token) : 1;
      return right;
    });
  });
  return fits.map(([name]) => name).join(" or ") || JSON.stringify(tokens.map((t) => t.offset));
};

// --- without a login ---------------------------------------------------------

const refused = async (token) => {
  const service = new ChatService(token);
  try {
    await service.connect();
  } catch (error) {
    return error;
  } finally {
    service.close();
  }
  throw new Error("the connection was taken");
};

for (const [who, token] of [["without a token", undefined], ["with a wrong token", "nobody"]]) {
  await check(`${who} the connection is refused`, async () => {
    const error = await refused(token);
    assert.equal(error.type, undefined, `not refused by the namespace: ${error.message}`);
    readings[`connect_error ${who}`] = `${error.message} ${JSON.stringify(error.data)}`;
  });
  await check(`${who} there is no history`, async () => {
    for (const method of ["GET", "DELETE"]) assert.equal((await history(method, token)).status, 401, method);
  });
}

// --- one question ------------------------------------------------------------

const widget = new ChatWidget(ada);
const tab = new ChatWidget(ada); // the shop in another tab
const stranger = new ChatWidget(ben);
const first = "Where is my order?";
const expected = []; // what Ada's chat holds
let reply;

await check("the namespace is there", () => widget.open());
await check("so it is in another tab and for another user", () => Promise.all([tab.open(), stranger.open()]));
await check("a new user has no history", async () => {
  for (const token of [ada, ben]) assert.deepEqual(await saved(token), []);
  for (const w of [widget, tab, stranger]) assert.deepEqual(w.shown, []);
});
await check("one's own message is shown at once", async () => {
  const asked = ask(widget, first, tab);
  asked.catch(() => {}); // awaited below
  assert.deepEqual(widget.shown, [first]);
  reply = await asked;
  expected.push(first, reply.whole);
});
await check("the reply comes as chunks, which joined are the whole message", () => {
  assert.ok(reply, "there is no reply");
  assert.equal(reply.start.length, 1);
  assert.equal(reply.messages.length, 1);
  assert.equal(reply.ends.length, 1);
  assert.ok(reply.whole.length > 0, "the reply is empty");
  assert.ok(reply.tokens.length > 1, `${reply.tokens.length} chunks`);
  assert.equal(reply.tokens.map((t) => t.token).join(""), reply.whole);
});
await check("the chunks lie between the start and the end", () => {
  const names = widget.service.events
    .filter((e) => (e.body?.messageId ?? e.body?._id) === reply.end.messageId)
    .map((e) => e.name);
  assert.deepEqual(names.slice(0, -2), ["stream-start", ...reply.tokens.map(() => "stream-token")]);
  assert.deepEqual(names.slice(-2).sort(), ["message", "stream-end"]);
  readings["after the last chunk come"] = names.slice(-2).join(", ");
});
await check("the chunks are of one room", () => {
  const rooms = new Set([...reply.start, ...reply.tokens].map((e) => e.room));
  assert.equal(rooms.size, 1);
  assert.ok([...rooms][0], "they name no room");
});
await check("the reply grows in the widget chunk by chunk", () => {
  for (const w of [widget, tab]) {
    assert.deepEqual(w.shown, expected);
    const { steps } = w.bubbles[1];
    assert.equal(steps.at(-1), reply.whole);
    assert.ok(new Set(steps).size > 2, JSON.stringify(steps)); // empty, a part, the whole
    assert.ok(steps.every((s, i) => s.startsWith(steps[i - 1] ?? "")), JSON.stringify(steps));
  }
});
await check("question and reply are saved, in order, and nothing else", async () => {
  const messages = await saved(ada);
  assert.deepEqual(messages.map((m) => m.message), expected);
  assert.equal(messages[1]._id, reply.end.messageId);
  const known = idOf(reply.ack);
  if (known !== undefined) assert.equal(messages[0]._id, known, "the acknowledgement names another message");
});
await check("a saved message is of whom the tabs saw it from", async () => {
  const messages = await saved(ada);
  assert.equal(messages.length, 2);
  for (const { _id, message, ...rest } of messages) {
    const live = tab.service.of("message").find((m) => m._id === _id);
    assert.ok(live?.sender, `no sender of "${message}"`);
    assert.equal(senderOf(rest), live.sender);
  }
  readings["a saved message names its sender as"] = "sender" in messages[0] ? "sender" : "senderUser";
});
await reading("a saved question", async () => JSON.stringify((await saved(ada))[0]));
await reading("a saved reply", async () => JSON.stringify((await saved(ada))[1]));
await reading("the acknowledgement", async () => JSON.stringify(reply.ack));
await reading("the mock reply", async () => reply.whole);
await reading("an offset counts", async () => counted(reply.tokens));
await reading("stream-end", async () => JSON.stringify(reply.end));
await reading("one's own message comes back to its sender", async () =>
  widget.service.of("message").some((m) => m.message === first),
);

// --- several questions, two tabs, two users ----------------------------------

await check("several questions are answered one after the other", async () => {
  for (const question of ["Do you have it in blue?", "Und in Größe 38? 🙂", first]) {
    const { whole, tokens } = await ask(widget, question, tab);
    assert.equal(tokens.map((t) => t.token).join(""), whole, question);
    expected.push(question, whole);
  }
  assert.deepEqual(await texts(ada), expected);
});
await check("a question from the other tab shows in the first", async () => {
  const { whole } = await ask(tab, "Can I pay later?", widget);
  expected.push("Can I pay later?", whole);
  await until("both tabs show the same", () => String(widget.shown) === String(tab.shown));
  assert.deepEqual(widget.shown, expected);
  assert.deepEqual(await texts(ada), expected);
});
await check("no message is there twice, and there are two senders", async () => {
  const messages = await saved(ada);
  assert.equal(new Set(messages.map((m) => m._id)).size, messages.length);
  const [own, others] = [0, 1].map((place) => messages.filter((_, i) => i % 2 === place).map(senderOf));
  assert.ok(own[0] && others[0] && own[0] !== others[0], `the senders are ${own[0]} and ${others[0]}`);
  assert.equal(new Set(own).size, 1);
  assert.equal(new Set(others).size, 1);
});
await check("another user sees nothing of it and has their own history", async () => {
  assert.deepEqual(await saved(ben), []);
  const { whole, end } = await ask(stranger, "Is anybody there?");
  assert.deepEqual(await texts(ben), ["Is anybody there?", whole]);
  assert.deepEqual(stranger.shown, ["Is anybody there?", whole]);
  const streams = stranger.service.of("stream-start", "stream-token", "stream-end");
  assert.deepEqual([...new Set(streams.map((e) => e.messageId))], [end.messageId]);
  const seen = JSON.stringify(stranger.service.events);
  for (const question of expected.filter((_, i) => i % 2 === 0)) {
    assert.ok(!seen.includes(question), `another's "${question}" in ${seen}`);
  }
  assert.deepEqual(await texts(ada), expected);
  // The stranger's whole exchange is over, so it would be here by now.
  await ask(widget, "And me?", tab).then(({ whole: own }) => expected.push("And me?", own));
  assert.deepEqual(widget.shown, expected);
});

// --- refresh -----------------------------------------------------------------

await check("after a refresh the widget shows the history", async () => {
  tab.service.close();
  widget.service.close();
  const again = await new ChatWidget(ada).open();
  assert.deepEqual(again.shown, expected);
  again.service.close();
});

const page = new ChatWidget(ada);
const other = new ChatWidget(ada);
await check("and the chat goes on", async () => {
  await Promise.all([page.open(), other.open()]);
  const { whole } = await ask(page, "Here I am again.", other);
  expected.push("Here I am again.", whole);
  for (const w of [page, other]) assert.deepEqual(w.shown, expected);
});
await check("a refresh amid a reply shows it once and whole in the end", async () => {
  const started = page.service.of("stream-start").length;
  const asked = ask(page, "Tell me more.");
  asked.catch(() => {}); // awaited below
  await until("the reply begins", () => page.service.of("stream-start").length > started);
  const late = await new ChatWidget(ada).open();
  readings["a refresh amid a reply shows at first"] = JSON.stringify(late.bubbles.slice(expected.length));
  expected.push("Tell me more.", (await asked).whole);
  await until(`the reply is whole: ${JSON.stringify(late.shown)}`, () => late.shown.at(-1) === expected.at(-1));
  assert.deepEqual(late.shown, expected);
  late.service.close();
});

// --- clear -------------------------------------------------------------------

const names = (w, from) => w.service.events.slice(from).map((e) => `${e.name} ${JSON.stringify(e.body)}`);

await check("clearing empties the history", async () => {
  await until("the other tab shows all", () => other.shown.length === expected.length);
  const [here, there] = [page, other].map((w) => w.service.events.length);
  readings["clearing answers"] = String(await page.clear());
  assert.deepEqual(await saved(ada), []);
  await check("the other tab learns that it was cleared", async () => {
    await until("the other tab is empty", () => other.shown.length === 0);
    readings["the other tab learns of it by"] = names(other, there).join(", ");
  });
  readings["the clearing tab gets"] = names(page, here).join(", ") || "nothing so far";
});
await check("another user's history is left alone", async () => {
  assert.equal((await saved(ben)).length, 2);
});
await check("a refresh after clearing shows nothing", async () => {
  const again = await new ChatWidget(ada).open();
  assert.deepEqual(again.shown, []);
  again.service.close();
});
await check("after clearing the chat works on", async () => {
  const { whole } = await ask(page, "A new start?", other);
  assert.deepEqual(await texts(ada), ["A new start?", whole]);
  for (const w of [page, other]) assert.deepEqual(w.shown, ["A new start?", whole]);
});
await check("clearing twice is no error", async () => {
  await page.clear();
  await page.clear();
  assert.deepEqual(await saved(ada), []);
});

// --- transports --------------------------------------------------------------

for (const transport of ["polling", "websocket"]) {
  await check(`the chat works over ${transport} alone`, async () => {
    const before = await texts(cy);
    const w = await new ChatWidget(cy, [transport]).open();
    const { whole, tokens } = await ask(w, `Hello over ${transport}`);
    assert.equal(w.service.socket.io.engine.transport.name, transport);
    assert.equal(tokens.map((t) => t.token).join(""), whole);
    assert.deepEqual(w.shown, [...before, `Hello over ${transport}`, whole]);
    assert.deepEqual(await texts(cy), w.shown);
    w.service.close();
  });
}

// --- what the chapter leaves open --------------------------------------------

const silent = 3_000; // for anything that may never happen

const strange = [["no text"], ["an empty text", ""], ["a number", 38], ["an object", { text: "Hello" }]];
for (const [what, ...args] of strange) {
  await reading(`${what} as the message`, async () => {
    const { ok, error } = await stranger.service.socket.timeout(silent).emitWithAck("message", ...args);
    return JSON.stringify({ ok, error });
  });
}
await reading("two questions at once", async () => {
  const asker = await new ChatWidget(cy).open();
  const ended = () => asker.service.of("stream-end").length;
  const acks = await Promise.all([asker.send("One?"), asker.send("Two?")]);
  await until("two replies", () => ended() === 2, silent).catch(() => {});
  return `${JSON.stringify(acks.map(({ ok, error }) => ({ ok, error })))}, ${ended()} replies`;
});
await reading("clearing amid a reply leaves", async () => {
  const asker = await new ChatWidget(cy).open();
  await asker.send("Will I clear this?");
  await until("a chunk", () => asker.service.of("stream-token").length > 0);
  await asker.clear();
  await until("the end", () => asker.service.of("stream-end").length > 0, silent).catch(() => {});
  return `${JSON.stringify(await texts(cy))}, and ${names(asker, 0).filter((n) => n.startsWith("stream-end"))}`;
});
await reading("a page from http://localhost:4200 may ask", async () => {
  const headers = {
    Origin: "http://localhost:4200",
    "Access-Control-Request-Method": "GET",
    "Access-Control-Request-Headers": "authorization",
  };
  const signal = AbortSignal.timeout(patience);
  const res = await fetch(`${httpUrl}/chat/history`, { method: "OPTIONS", headers, signal });
  return `${res.status}, allowed: ${res.headers.get("access-control-allow-origin")}`;
});

for (const { service } of widgets) service.close();
console.log(JSON.stringify({ failed, readings, passed }));
process.exitCode = failed.length === 0 ? 0 : 1;
