// What a reader of the "WebSocket Chat API Integration Guide" writes, who has
// nothing else: the guide's code word for word, on a page with a transcript.
// Nothing here is known from anywhere else; what the guide leaves open is tried
// and printed as `readings`. The last line on standard output is
//
//   {"failed": [...], "readings": {...}, "passed": [...]}
//
// and the exit status is 0 if nothing failed. The argument is JSON: `socket`, the
// address; `tokens`, those of three users; `bad`, a token that is not valid;
// `pings`, how many to send in the guide's interval of 30 seconds.
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { incoming, sendEscalation, sendPing } from "./seed002-guide.js";
import { Page, address, chat, given, pages } from "./seed002-page.js";

const tokens = given.tokens ?? [];
const glance = 3_000; // for anything that may
const interval = 30_000; // between pings, as recommended
const enough = 280_000; // for everything

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

/** What came of something on which the guide is silent. */
const reading = async (name, run) => {
  try {
    readings[name] = String(await run());
  } catch (error) {
    readings[name] = `failed: ${error.message}`;
  }
};

const page = async (token) => {
  const opened = new Page(token);
  await opened.confirmed();
  return opened;
};

// --- Chatting ----------------------------------------------------------------

const once = (asker) => {
  const ids = [...asker.replies.values()].map((reply) => reply.id);
  assert.equal(ids.length, asker.asked, `${asker.asked} questions, ${ids.length} replies`);
};

async function connecting() {
  await check("a connection is confirmed first and once", async () => {
    const ada = await page(tokens[0]);
    await ada.ping();
    const types = ada.arrivals.map(({ type }) => type).filter((type) => type in incoming);
    assert.deepEqual(types, ["connection", "pong"]);
    assert.notEqual(ada.transcript[0].text, "");
    readings["the connection's message"] = ada.transcript[0].text;
    ada.leave();
    await ada.until("close", () => ada.closes.length);
    readings["the client closes"] = ada.closes[0];
  });
  await check("a question sent when the socket opens is answered", async () => {
    const ada = new Page(tokens[0]);
    ada.onOpen = () => ada.put("I was quick");
    await ada.until("stream-end", () => [...ada.replies.values()].some((reply) => reply.ended && reply.text));
    const [first] = ada.arrivals.filter(({ type }) => type in incoming);
    assert.equal(first.type, "connection");
    await ada.ping();
    once(ada);
    ada.leave();
  });
}

async function chatting(ada) {
  await check("chat: stream-start, tokens, stream-end, of one message", async () => {
    const from = ada.arrivals.length;
    const reply = await ada.ask();
    const types = ada.arrivals.slice(from).filter(({ type }) => type in incoming);
    assert.ok(types.length > 2 && types.every(({ messageId }) => messageId === reply.id), JSON.stringify(types));
    const middle = types.slice(1, -1).every(({ type }) => type === "stream-token");
    assert.ok(types[0].type === "stream-start" && types.at(-1).type === "stream-end" && middle);
    readings["a reply"] = `${reply.id}, ${reply.tokens} tokens: ${JSON.stringify(reply.text.slice(0, 200))}`;
  });
  await check("questions one after the other are each answered once", async () => {
    for (const word of ["one", "two", "three"]) await ada.ask(`Tell me about ${word}`);
    await ada.ping();
    once(ada);
  });
  await check("questions at once are each answered once, in order", async () => {
    const [before, words] = [ada.replies.size, ["quince", "radish", "spinach"]];
    for (const word of words) ada.put(`Tell me about ${word}`);
    await ada.until("reply to each", () => {
      const ended = [...ada.replies.values()].filter((reply) => reply.ended);
      return ended.length >= before + words.length;
    });
    await ada.ping();
    once(ada);
    const texts = [...ada.replies.values()].slice(before).map((reply) => reply.text);
    assert.ok(texts.every((text) => text !== ""));
    const named = texts.map((text) => words.filter((word) => text.includes(word)).join());
    const telling = named.every((word) => words.includes(word));
    readings["the order of questions at once"] = telling ? named.join() : "the replies do not tell";
    if (telling) assert.deepEqual(named, words);
  });
  await check("any text is a question", async () => {
    const texts = ["Grüße 👋🏽 \"quoted\"\n\tand 日本語", "<b>bold</b> & \\u0000", "word ".repeat(200)];
    for (const text of texts) await ada.ask(text);
  });
}

async function pinging(ada) {
  await check("ping: pong", async () => {
    await ada.ping();
    await ada.ping();
  });
  await check("pings during a stream are answered and do not disturb it", async () => {
    const [from, pongs] = [ada.arrivals.length, ada.pongs];
    let [sent, last] = [0, 0];
    const ping = () => {
      if (Date.now() - last < 100 || sent === 20) return;
      last = Date.now();
      sent++;
      sendPing(ada.websocket);
    };
    ada.onStart = ada.onToken = ping;
    const reply = await ada.ask("Tell me a long story about walnuts");
    ada.onStart = ada.onToken = undefined;
    await ada.until("pong for each ping", () => ada.pongs >= pongs + sent);
    await ada.ping();
    assert.equal(ada.pongs, pongs + sent + 1, "pongs that nobody asked for");
    const types = ada.arrivals.slice(from).map(({ type }) => type);
    const during = types.slice(0, types.indexOf("stream-end")).filter((type) => type === "pong").length;
    readings["pings during a stream"] = `${sent} sent, ${during} answered before its end, ${reply.tokens} tokens`;
  });
}

async function escalating(ada) {
  const responses = () => ada.of("human-escalation-response");
  await check("human-escalation: its response", async () => {
    const [errors, replies] = [ada.errors.length, ada.replies.size];
    sendEscalation(ada.websocket);
    await ada.until("human-escalation-response", () => responses().length === 1);
    await ada.ping();
    assert.deepEqual([responses().length, ada.errors.length, ada.replies.size], [1, errors, replies]);
    assert.notEqual(ada.transcript.at(-1).text, "");
    readings["the response to an escalation"] = responses()[0].message;
  });
  await reading("a second escalation, without a reason", () => outcome(ada, { type: "human-escalation" }));
  await reading("an escalation with an empty reason", () => outcome(ada, { type: "human-escalation", reason: "" }));
  await reading("a question while a person is on the way", () => outcome(ada, chat("Are you still there?")));
}

// --- Errors ------------------------------------------------------------------

/** Goes on with another page if one is closed, and returns the last. */
async function refusing(first) {
  let ada = first;
  const invalid = {
    "a text that is not JSON": "hello",
    "half a JSON object": '{"type":"chat"',
    "an empty text": "",
    "a JSON array": "[]",
    "a JSON null": "null",
    "a JSON string": '"ping"',
    "no type": { content: "hello" },
    "a type that is not a string": { type: 42 },
    "an unsupported type": { type: "dance" },
    "a type of the server's": { type: "stream-start", messageId: "msg_abc123" },
    "chat without content": { type: "chat", timestamp: new Date().toISOString() },
    "chat whose content is not a text": { type: "chat", content: { text: "hello" } },
  };
  for (const [name, message] of Object.entries(invalid)) {
    await check(`${name}: an error, and the connection is usable`, async () => {
      if (ada.lost()) ada = await page(tokens[0]);
      const [errors, replies] = [ada.errors.length, ada.replies.size];
      ada.send(message);
      await ada.until("error", () => ada.errors.length > errors);
      await ada.ping();
      assert.deepEqual([ada.errors.length, ada.replies.size], [errors + 1, replies]);
      assert.ok(ada.errors.at(-1), "no description");
      readings[`the error for ${name}`] = ada.errors.at(-1);
    });
  }
  await check("after the errors there is chat", () => ada.ask("And now?"));
  return ada;
}

/** What comes of a message of which the guide says nothing. */
async function outcome(asker, message, binary = false) {
  const [from, known] = [asker.arrivals.length, new Set(asker.replies.keys())];
  asker.asked++; // at the most
  asker.websocket.send(typeof message === "string" ? message : JSON.stringify(message), { binary });
  const fresh = () => [...asker.replies.values()].find((reply) => !known.has(reply.id));
  const answer = () => asker.arrivals.slice(from).find(({ type }) => type in incoming);
  const first = await asker.until("answer", answer, glance).catch(() => undefined);
  if (!first) return `no answer in ${glance / 1000} s`;
  if (first.type !== "stream-start") return `${first.type}: ${first.message ?? ""}`;
  await asker.until("stream-end", () => fresh().ended);
  return `a reply: ${JSON.stringify(fresh().text.slice(0, 120))}`;
}

async function trying(ada) {
  const timestamp = new Date().toISOString();
  const open = {
    "chat with empty content": chat(""),
    "chat with blank content": chat("  \n"),
    "chat with null for content": chat(null),
    "chat without a timestamp": { type: "chat", content: "What time is it?" },
    "chat with a timestamp that is no date": { type: "chat", content: "Since when?", timestamp: "yesterday" },
    "chat with a field more": { type: "chat", content: "And this?", timestamp, messageId: "msg_abc123" },
    "chat in capitals": { type: "CHAT", content: "WHY?", timestamp },
    "chat of 16 kB": chat("word ".repeat(3277)),
    "ping without a timestamp": { type: "ping" },
  };
  for (const [name, message] of Object.entries(open)) await reading(name, () => outcome(ada, message));
  await reading("ping as a binary message", () => outcome(ada, { type: "ping", timestamp }, true));
}

/** Tokens that must not do, and what the page gets instead. */
function strangers() {
  const [first = ""] = tokens;
  const cases = {
    "an invalid token": { token: given.bad ?? "bad" },
    "no token": { url: address },
    "an empty token": { token: "" },
    "the token of a page without one": {},
    "the guide's placeholder for a token": { token: "YOUR_JWT_TOKEN" },
    "a token without its signature": { token: first.slice(0, first.lastIndexOf(".") + 1) },
  };
  return Object.entries(cases).map(([name, { token, url }]) => {
    const stranger = new Page(token, { url });
    stranger.onOpen = () => {
      sendPing(stranger.websocket);
      stranger.put();
    };
    return [name, stranger];
  });
}

async function turnedAway(visitors) {
  for (const [name, stranger] of visitors) {
    await check(`${name}: an error or a close`, async () => {
      const { errors, closes, trouble } = stranger;
      await stranger.until("error or close", () => errors.length + closes.length);
      readings[name] = [...errors, ...trouble, ...closes].join("; ");
    });
  }
}

const neverLetIn = (visitors) =>
  check("whoever was turned away got nothing but errors", () => {
    for (const [name, stranger] of visitors) {
      const got = stranger.arrivals.map(({ type }) => type).filter((type) => type !== "error");
      assert.equal(got.join(), "", `${name}: ${got.join()}`);
    }
  });

// --- Several connections -----------------------------------------------------

/** The words that a user's pages must not show are those of the other's questions. */
async function together(ada) {
  const ben = await page(tokens[1]);
  await check("two users at once see their own replies alone", async () => {
    const [fruit, fish] = [["apricot", "cherry", "papaya"], ["mackerel", "sturgeon", "haddock"]];
    const talk = async (asker, words) => {
      for (const word of words) await asker.ask(`Tell me about ${word}`);
    };
    await Promise.all([talk(ada, fruit), talk(ben, fish)]);
    await Promise.all([ada.ping(), ben.ping()]);
    for (const [asker, theirs] of [[ada, fish], [ben, fruit]]) {
      once(asker);
      const shown = JSON.stringify(asker.arrivals);
      assert.deepEqual(theirs.filter((word) => shown.includes(word)), []);
    }
    const shared = [...ben.replies.keys()].filter((id) => ada.replies.has(id));
    assert.deepEqual(shared, []);
  });
  return ben;
}

async function losing(ben) {
  let lost;
  await check("after a cut in the middle of a stream there is a connection and chat", async () => {
    ben.reconnect();
    const back = new Promise((resolve) => {
      ben.onToken = (reply) => {
        ben.onToken = undefined;
        lost = reply;
        resolve(ben.cut().then(undefined, (error) => error));
      };
    });
    ben.put("Tell me a long story about hazelnuts");
    await ben.until("stream-token", () => lost);
    assert.ifError(await back);
    await ben.ask("Where were we?");
  });
  await check("after a cut before the stream there is a connection and chat", async () => {
    ben.put("You will not reach me");
    await new Promise((resolve) => setImmediate(resolve));
    await ben.cut();
    await ben.ask("Here I am again");
  });
  await check("after a cut of an idle connection there is a connection and chat", async () => {
    await ben.cut();
    await ben.ask("It was silent");
    await ben.ping();
  });
  return lost;
}

/** What the page saw of replies that were lost; looked at when all is done. */
async function lostReplies(ben, lost) {
  await reading("the reply that was cut", () => {
    const { tokens: count, late, restarts, ended, text } = lost;
    const fate = `${late} on a later connection, ${restarts} starts more, ${ended ? "ended" : "never ended"}`;
    return `${count} tokens, ${fate}: ${JSON.stringify(text.slice(0, 300))}`;
  });
  await reading("replies on a page that was cut", () => {
    const { asked, replies, strays } = ben;
    return `${asked} questions, ${replies.size} replies, ${strays} pieces without a start`;
  });
  await reading("what a new connection is sent unasked", () => {
    const sent = (n) => ben.arrivals.filter(({ connection }) => connection === n).map(({ type }) => type);
    return [1, 2, 3].map((n) => sent(n).slice(0, 3).join()).join("; ");
  });
}

async function twice(ada) {
  const second = await page(tokens[0]);
  const tell = (watcher, reply) => {
    const same = watcher.replies.get(reply.id);
    return same ? `${same.ended ? "the whole reply" : "a part"}, ${same.tokens} of ${reply.tokens} tokens` : "nothing";
  };
  await check("a second connection of a user is usable", () => second.ask("From the second"));
  await reading("the first connection when there is a second", async () => {
    if (ada.closes.length) return `closed: ${ada.closes}`;
    const reply = await ada.ask("From the first");
    await second.ping();
    return `open; the second sees of its reply ${tell(second, reply)}`;
  });
  await reading("what the first sees of the second's reply", async () => {
    const reply = await second.ask("From the second again");
    if (!ada.closes.length) await ada.ping();
    return tell(ada, reply);
  });
  await check("a second connection asks while the first is answered", async () => {
    const asked = ada.closes.length ? [second] : [ada, second];
    const answers = await Promise.all(asked.map((asker, n) => asker.ask(`Both at once, ${n}`)));
    assert.ok(answers.every(({ ended }) => ended));
  });
  await check("when one of two connections is cut the other is usable", async () => {
    second.websocket.terminate();
    await second.until("close", () => second.closes.length);
    if (!ada.closes.length) await ada.ask("Am I alone?");
  });
}

async function keepAlive(rounds) {
  const cy = await page(tokens[2]);
  for (let n = 0; n < rounds; n++) {
    await sleep(interval);
    await cy.ping();
  }
  await cy.ask("Was that long?");
  assert.deepEqual(cy.closes, []);
  once(cy);
  cy.leave();
}

async function fromElsewhere() {
  const visitor = new Page(tokens[1], { options: { origin: "http://localhost:5173" } });
  await visitor.until("connection or close", () => visitor.closes.length || visitor.of("connection").length);
  const refused = [...visitor.trouble, ...visitor.closes].join("; ");
  visitor.leave();
  return refused ? `refused: ${refused}` : "connected";
}

/** What holds for every message of every page. */
async function inTheEnd() {
  await check("every message is JSON with its fields, and its streams are whole", () => {
    const faults = pages.flatMap((one) => one.faults);
    assert.equal(faults.length, 0, `${faults.length} faults: ${faults.slice(0, 5).join("; ")}`);
    assert.ok(pages.some(({ arrivals }) => arrivals.length > 0), "there was none");
  });
  await check("nobody was answered more often than asked", () => {
    for (const token of tokens) {
      const own = pages.filter((one) => one.token === token && !one.url);
      if (own.some(({ cuts }) => cuts > 0)) continue;
      const ids = new Set(own.flatMap(({ replies }) => [...replies.keys()]));
      const asked = own.reduce((sum, one) => sum + one.asked, 0);
      assert.ok(ids.size <= asked, `${asked} questions, ${ids.size} replies`);
    }
  });
  await check("no message is on two users' pages", () => {
    const owners = new Map();
    for (const { token, arrivals } of pages) {
      for (const { messageId } of arrivals) {
        if (messageId === undefined) continue;
        assert.equal(owners.get(messageId) ?? token, token, messageId);
        owners.set(messageId, token);
      }
    }
  });
  const all = pages.flatMap(({ arrivals }) => arrivals);
  const names = new Set(all.map(({ type }) => type).filter((type) => type && !(type in incoming)));
  const listed = (type, field) => ["type", "timestamp", "connection", ...incoming[type]].includes(field);
  const more = all.filter(({ type }) => type in incoming);
  const fields = new Set(more.flatMap((one) => Object.keys(one).filter((field) => !listed(one.type, field))));
  readings["types that are not in the guide"] = [...names].join() || "none";
  readings["fields that are not in the guide"] = [...fields].join() || "none";
}

async function read() {
  const kept = keepAlive(given.pings ?? 1).then(undefined, (error) => error);
  const visitors = strangers();
  await connecting();
  let ada = await page(tokens[0]);
  await chatting(ada);
  await pinging(ada);
  ada = await refusing(ada);
  await turnedAway(visitors);
  const ben = await together(ada);
  const lost = await losing(ben);
  await trying(ada);
  await twice(ada);
  await reading("a page of another origin", fromElsewhere);
  await check("a connection with a ping every 30 seconds stays", async () => assert.ifError(await kept));
  await escalating(await page(tokens[2]));
  await neverLetIn(visitors);
  await lostReplies(ben, lost);
  await inTheEnd();
}

process.on("uncaughtException", (error) => failed.push(`the guide's code fails: ${error.message}`));
await check("the guide can be followed to its end", () => {
  const late = sleep(enough).then(() => assert.fail(`not in ${enough / 1000} s`));
  return Promise.race([read(), late]);
});
process.exitCode = failed.length > 0 ? 1 : 0;
process.stdout.write(`${JSON.stringify({ failed, readings, passed })}\n`, () => process.exit());
