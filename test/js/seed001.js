// What a developer writes who has the description of the customer chat's API and
// nothing else: the customer's frontend, the agent's, and a check of everything that
// the description promises. The arguments are the server's address, the token of an
// agent and that of a user named ann; whoever has no token is an anonymous customer.
// What the document leaves open is tried, and printed as `readings`. Each check has
// a line of its own, and the last line on standard output is
//
//   {"failed": [...], "readings": {...}, "passed": [...]}
//
// and the exit status is 0 if nothing failed.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

const [base = "http://localhost:8000", agentToken, annToken] = process.argv.slice(2);
const elsewhere = "https://shop.example"; // where the frontend's page is from
const patience = 20_000; // for anything that must happen
const interval = 50; // of polling

const passed = [];
const failed = [];
const readings = {};

/** An assertion with a name; the ones after it are made whatever comes of it. */
const check = async (name, run) => {
  const began = Date.now();
  try {
    await run();
    passed.push(name);
    console.log(`ok: ${name} (${Date.now() - began} ms)`);
  } catch (error) {
    failed.push(`${name}: ${error.message}`);
    console.log(`FAILED: ${name}: ${error.message.replaceAll(/\s+/g, " ")}`);
  }
};

/** What came of something on which the document is silent. */
const reading = async (name, run) => {
  readings[name] = String(
    await Promise.resolve()
      .then(run)
      .catch((error) => `failed: ${error.message}`),
  );
};

/** Waits until something holds. */
const until = async (what, holds, limit = patience) => {
  for (const end = Date.now() + limit; !(await holds()); await sleep(10)) {
    if (Date.now() > end) throw new Error(`${what}: not within ${limit / 1000} s`);
  }
};

const brief = (value, length = 300) =>
  (typeof value === "string" ? value : String(JSON.stringify(value))).slice(0, length);

// --- The API ----------------------------------------------------------------------

/** One request as a page from elsewhere makes it. */
const call = async (method, path, { token, body, headers } = {}) => {
  const response = await fetch(base + path, {
    method,
    headers: {
      Origin: elsewhere,
      ...(token && { Authorization: `Bearer ${token}` }),
      ...(body !== undefined && { "Content-Type": "application/json" }),
      ...headers,
    },
    body: body === undefined || typeof body === "string" ? body : JSON.stringify(body),
    signal: AbortSignal.timeout(patience),
  });
  const text = await response.text();
  let json;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  const { ok, status, redirected } = response;
  return { method, path, ok, status, redirected, headers: response.headers, text, json };
};

const told = ({ method, path, status, redirected, text }) =>
  `${method} ${path}: ${status}${redirected ? " after a redirect" : ""} ${brief(text.trim())}`;

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const date = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** What answers have beside the document's fields: where a customer stands, and who is a bot, as the operator says. */
const extra = new Map();

const hasFields = (value, fields, answer) => {
  const keys = Object.keys(value ?? {});
  for (const field of fields) assert.ok(keys.includes(field), `no ${field}: ${told(answer)}`);
  for (const key of keys) if (!fields.includes(key)) extra.set(key, `${answer.method}: ${brief(value[key])}`);
};

/** The items of an answer, which must have the document's format to the letter. */
const itemsOf = (answer) => {
  const { ok, json, headers } = answer;
  assert.ok(ok, told(answer));
  assert.match(headers.get("content-type") ?? "", /^application\/json/);
  hasFields(json, ["items", "count"], answer);
  assert.ok(Array.isArray(json.items), told(answer));
  assert.equal(json.count, json.items.length, `count: ${told(answer)}`);
  for (const item of json.items) {
    hasFields(item, ["conversation", "id", "date", "content", "author"], answer);
    assert.match(item.conversation, uuid);
    assert.equal(item.conversation, json.items[0].conversation);
    assert.ok(Number.isSafeInteger(item.id) && item.id > 0, `the id of ${brief(item)}`);
    assert.match(item.date, date);
    assert.ok(Math.abs(Date.parse(item.date) - Date.now()) < 600_000, `the date of ${brief(item)}`);
    assert.equal(typeof item.content, "string");
    assert.ok(["CUS", "AGE"].includes(item.author), `the author of ${brief(item)}`);
  }
  const ids = json.items.map(({ id }) => id);
  assert.ok(
    ids.every((id, i) => i === 0 || ids[i - 1] < id),
    `the ids are out of order: ${ids}`,
  );
  return json.items;
};

const post = (payload, { token, since } = {}) =>
  call("POST", `/api/messages/${since === undefined ? "" : `?since=${since}`}`, { token, body: payload });

const list = (token = agentToken) => call("GET", "/api/conversation/", { token });

// --- The frontend -------------------------------------------------------------------

/**
 * Either side's view of one conversation. `kept` is what outlives a reload, as the
 * browser's localStorage does; the customer has the uuid in it, the agent takes it
 * from the list.
 */
class Chat {
  shown = [];
  answers = []; // the items of each answer
  last = undefined; // the last message id received
  #seen = new Set();
  #stopped = true;

  constructor({ token, kept = {} } = {}) {
    this.token = token;
    this.kept = kept;
  }

  get texts() {
    return this.shown.map(({ content }) => content);
  }

  /** Shows what is new. The uuid is stored for the polling. */
  #take(answer) {
    const items = itemsOf(answer);
    this.answers.push(items);
    for (const item of items) {
      const { conversation, id } = item;
      if (this.kept.conversation !== conversation) this.shown = []; // the one that was stored is no more
      this.kept.conversation = conversation;
      this.last = id;
      if (this.#seen.has(`${conversation} ${id}`)) continue;
      this.#seen.add(`${conversation} ${id}`);
      this.shown.push(item);
    }
    this.shown.sort((a, b) => a.id - b.id);
    return items;
  }

  /** The first message has no uuid; the following ones have it, and `since`. */
  async send(content, about = {}) {
    const { conversation } = this.kept;
    return this.#take(await post({ conversation, ...about, content }, { token: this.token, since: this.last }));
  }

  /** Asks for what is new; all of it after a reload, and at an agent's beginning. */
  async poll() {
    const { conversation } = this.kept;
    const path = this.last === undefined ? conversation : `${conversation}/?since=${this.last}`;
    return this.#take(await call("GET", `/api/messages/${path}`, { token: this.token }));
  }

  /** Regular polling, until it is stopped. */
  start() {
    this.#stopped = false;
    const run = async () => {
      while (!this.#stopped) {
        if (this.kept.conversation) await this.poll();
        await sleep(interval);
      }
    };
    this.polling = run();
    this.polling.catch(() => {}); // awaited in stop
  }

  async stop() {
    this.#stopped = true;
    await this.polling;
  }

  /** The page is loaded again. */
  reload() {
    return new Chat({ token: this.token, kept: { ...this.kept } });
  }
}

/** A conversation that has begun. */
const begun = async (content = "Hello", options = {}, about = {}) => {
  const chat = new Chat(options);
  await chat.send(content, about);
  assert.match(chat.kept.conversation ?? "none", uuid);
  return chat;
};

const agentIn = ({ kept }) => new Chat({ token: agentToken, kept: { conversation: kept.conversation } });

/** What a conversation holds, as [author, content]. */
const stored = async (conversation, token) =>
  itemsOf(await call("GET", `/api/messages/${conversation}`, { token })).map((m) => [m.author, m.content]);

/** The conversations in the agent's list, whatever is around them. */
const listed = async () => {
  const answer = await list();
  assert.ok(answer.ok, told(answer));
  const { json } = answer;
  const entries = Array.isArray(json) ? json : Object.values(json ?? {}).find(Array.isArray);
  assert.ok(entries, `no list: ${told(answer)}`);
  return entries;
};

const fieldOf = (entry, value) => Object.keys(entry ?? {}).find((key) => entry[key] === value);

/** The list's entry of a conversation. */
const entryOf = async ({ kept }) => {
  const found = (await listed()).filter((entry) => fieldOf(entry, kept.conversation));
  assert.equal(found.length, 1, `${found.length} entries of ${kept.conversation}`);
  return found[0];
};

// --- The first message -----------------------------------------------------------------

const firstMessage = async () => {
  await check("the first message needs nothing but its content", async () => {
    const answer = await post({ content: "Hello" });
    const items = itemsOf(answer);
    assert.equal(items.length, 1);
    assert.equal(items[0].content, "Hello");
    assert.equal(items[0].author, "CUS");
    readings["the first message's answer"] = told(answer);
    readings["the fields' order"] = `${Object.keys(answer.json)}; ${Object.keys(items[0])}`;
  });
  const [name, email] = ["Bea", "bea@example.com"];
  for (const [given, about] of Object.entries({ "a name": { name }, "an email": { email }, both: { name, email } })) {
    await check(`the first message can have ${given}, which the agent's list shows`, async () => {
      const chat = await begun("Hello", {}, about);
      assert.equal(chat.shown.length, 1);
      const entry = await entryOf(chat);
      for (const [field, value] of Object.entries(about)) {
        assert.ok(JSON.stringify(entry).includes(JSON.stringify(value)), `no ${value} in ${brief(entry)}`);
        readings[`the ${field} is in the list's field`] = fieldOf(entry, value);
      }
    });
  }
  await check("fields that a form leaves empty are as good as none", async () => {
    for (const empty of ["", null]) {
      const [item, ...more] = itemsOf(await post({ conversation: empty, name: empty, email: empty, content: "Hello" }));
      assert.deepEqual([item?.content, item?.author, more], ["Hello", "CUS", []]);
    }
  });
  await check("every first message makes a conversation of its own", async () => {
    const chats = [await begun("One"), await begun("Two"), await begun("Three")];
    assert.equal(new Set(chats.map(({ kept }) => kept.conversation)).size, 3);
    for (const { kept, texts } of chats) assert.deepEqual(await stored(kept.conversation), [["CUS", texts[0]]]);
    readings["the ids of three conversations' first messages"] = chats.map(({ last }) => last).join(", ");
  });
  await check("the content comes back character by character", async () => {
    const odd = `<b>"Größe" & 'Farbe'</b>\\n\n\t🙂 Zażółć ﷽ %2F ${"x".repeat(1000)}`;
    const chat = await begun(odd);
    assert.equal(chat.texts[0], odd);
    assert.deepEqual(await stored(chat.kept.conversation), [["CUS", odd]]);
  });
  await check("a message without content is refused and makes no conversation", async () => {
    const before = (await listed()).length;
    for (const payload of [{}, { name: "Bea" }, { content: null }, "{", ""]) {
      const answer = await call("POST", "/api/messages/", { body: payload });
      assert.ok(answer.status >= 400 && answer.status < 500, `${brief(payload)}: ${told(answer)}`);
      readings[`the payload ${brief(payload) || "of nothing"}`] = told(answer);
    }
    assert.equal((await listed()).length, before);
  });
};

// --- Polling and following messages --------------------------------------------------------

const following = async () => {
  let chat = new Chat();
  await check("polling with the last id answers that there is nothing new", async () => {
    chat = await begun("First");
    const answer = await call("GET", `/api/messages/${chat.kept.conversation}/?since=${chat.last}`);
    assert.deepEqual(itemsOf(answer), []);
    await chat.poll();
    assert.deepEqual(chat.texts, ["First"]);
  });
  await check("a following message with since is answered with the new messages alone", async () => {
    for (const text of ["Second", "Third"]) {
      const items = await chat.send(text);
      assert.deepEqual(
        items.map(({ content, author }) => [content, author]),
        [[text, "CUS"]],
      );
    }
    assert.deepEqual(chat.texts, ["First", "Second", "Third"]);
    assert.equal(new Set(chat.shown.map(({ conversation }) => conversation)).size, 1);
  });
  await check("a following message without since is answered with all messages", async () => {
    const { conversation } = chat.kept;
    const items = itemsOf(await post({ conversation, content: "Fourth" }));
    assert.deepEqual(
      items.map(({ content }) => content),
      ["First", "Second", "Third", "Fourth"],
    );
  });
  await check("polling with since has what came later, in order, and without it all", async () => {
    await chat.poll();
    const { conversation } = chat.kept;
    assert.equal(chat.shown.length, 4);
    for (const slash of ["/", ""]) {
      for (const [i, { id }] of chat.shown.entries()) {
        const answer = await call("GET", `/api/messages/${conversation}${slash}?since=${id}`);
        assert.deepEqual(itemsOf(answer), chat.shown.slice(i + 1), told(answer));
      }
      const all = await call("GET", `/api/messages/${conversation}${slash}`);
      assert.deepEqual(itemsOf(all), chat.shown, told(all));
      const from0 = await call("GET", `/api/messages/${conversation}${slash}?since=0`);
      assert.deepEqual(itemsOf(from0), chat.shown, told(from0));
      readings[`polling at {uuid}${slash}`] = all.redirected ? "redirects" : "answers itself";
    }
  });
  await check("the dates do not go backwards, and a message stays as it was", async () => {
    const dates = chat.shown.map((m) => Date.parse(m.date));
    assert.deepEqual(
      dates,
      dates.toSorted((a, b) => a - b),
    );
    for (const item of chat.answers.flat()) {
      assert.deepEqual(
        item,
        chat.shown.find(({ id }) => id === item.id),
      );
    }
  });
  await check("a browser does not take a poll's answer from its cache", async () => {
    const { headers } = await call("GET", `/api/messages/${chat.kept.conversation}/?since=${chat.last}`);
    const control = headers.get("cache-control") ?? "";
    readings["a poll's Cache-Control"] = control || "none";
    assert.ok(!/max-age=[1-9]|immutable/.test(control), control);
    assert.ok(/no-store|no-cache|max-age=0/.test(control) || !(headers.has("last-modified") || headers.has("expires")));
  });
  await check("name and email in a following message do no harm", async () => {
    await chat.send("Fifth", { name: "Cleo", email: "cleo@example.com" });
    assert.equal(chat.texts.at(-1), "Fifth");
    readings["the list's entry after a later name"] = brief(await entryOf(chat));
  });
  const words = { "a word": "abc", nothing: "" };
  const numbers = { "less than 0": -1, "a fraction": 1.5, "more than there is": 999_999, "too much": "9".repeat(20) };
  for (const [name, since] of Object.entries({ ...words, ...numbers })) {
    await reading(`polling since ${name}`, async () => {
      const answer = await call("GET", `/api/messages/${chat.kept.conversation}/?since=${since}`);
      return `${answer.status} ${answer.ok ? `${answer.json?.count} messages` : brief(answer.text)}`;
    });
  }
  for (const [name, id] of Object.entries({ unknown: randomUUID(), malformed: "not-a-uuid" })) {
    await reading(`polling a conversation that is ${name}`, async () =>
      told(await call("GET", `/api/messages/${id}/?since=1`)),
    );
  }
  await reading("polling a conversation in capitals", async () => {
    const { status, json } = await call("GET", `/api/messages/${chat.kept.conversation.toUpperCase()}`);
    return `${status}, ${json?.count} messages`;
  });
  await reading("posting without the slash at the end", async () =>
    told(await call("POST", "/api/messages", { body: { content: "Hello" } })),
  );
  await reading("posting as text/plain", async () =>
    told(await call("POST", "/api/messages/", { body: { content: "Hi" }, headers: { "Content-Type": "text/plain" } })),
  );
  await reading("a field too many", async () => told(await post({ content: "Hello", mood: "good" })));
  await reading("an email that is none", async () => told(await post({ content: "Hello", email: "bea" })));
  await reading("an empty content", async () => told(await post({ content: "" })));
  await reading("a blank content", async () => told(await post({ content: " \n" })));
  await reading("a number for a content", async () => told(await post({ content: 7 })));
  for (const length of [10_000, 100_000, 2_000_000]) {
    await reading(`a content of ${length} characters`, async () =>
      brief(told(await post({ content: "x".repeat(length) })), 200),
    );
  }
};

// --- A conversation that is none ---------------------------------------------------------------

const invalid = async () => {
  const short = "3fa85f64-5717-4562-b3fc-2c963f66afa";
  const wrong = { unknown: randomUUID(), malformed: "not-a-uuid", "nearly right": short };
  for (const [name, conversation] of Object.entries(wrong)) {
    await check(`a message to a conversation that is ${name} makes a new one`, async () => {
      const chat = new Chat({ kept: { conversation } });
      const [item, ...more] = await chat.send("Is anybody there?");
      assert.deepEqual([item?.content, item?.author, more], ["Is anybody there?", "CUS", []]);
      assert.notEqual(item.conversation, wrong.malformed);
      readings[`the new conversation for one that is ${name} has`] =
        item.conversation === conversation ? "the uuid that was sent" : "a uuid of its own";
      await chat.send("And on it goes");
      assert.deepEqual(await stored(chat.kept.conversation), [
        ["CUS", "Is anybody there?"],
        ["CUS", "And on it goes"],
      ]);
      await entryOf(chat);
    });
  }
  await check("with a stale uuid and its since, the answer has the message and the new uuid", async () => {
    const old = await begun("One");
    for (const text of ["Two", "Three", "Four"]) await old.send(text);
    const items = itemsOf(await post({ conversation: randomUUID(), content: "Five" }, { since: old.last }));
    assert.deepEqual(
      items.map(({ content }) => content),
      ["Five"],
    );
    assert.notEqual(items[0].conversation, old.kept.conversation);
  });
  for (const conversation of [7, true, {}, []]) {
    await reading(`the conversation ${brief(conversation)} in the payload`, async () =>
      told(await post({ conversation, content: "Hello" })),
    );
  }
};

// --- The agent ---------------------------------------------------------------------------------

const agentSide = async () => {
  await check("the agent's list has every conversation, once", async () => {
    const chats = [await begun("One"), await begun("Two"), await begun("Three", { token: annToken })];
    for (const chat of chats) {
      const entry = await entryOf(chat);
      readings["the uuid is in the list's field"] = fieldOf(entry, chat.kept.conversation);
    }
    const answer = await list();
    assert.ok(!answer.redirected, told(answer));
    readings["the list is"] = Array.isArray(answer.json) ? "an array" : `an object of ${Object.keys(answer.json)}`;
    readings["an entry of the list"] = brief(await entryOf(chats[0]));
    readings["ann's entry of the list"] = brief(await entryOf(chats[2]));
    const at = (await listed()).findIndex((entry) => fieldOf(entry, chats[2].kept.conversation));
    readings["the newest conversation in the list is"] = at === 0 ? "the first" : `number ${at + 1}`;
  });
  await check("the list is for the agent alone", async () => {
    for (const [who, token] of Object.entries({ nobody: undefined, ann: annToken })) {
      const answer = await call("GET", "/api/conversation/", { token });
      assert.ok([401, 403, 404].includes(answer.status), `${who}: ${told(answer)}`);
      readings[`the list for ${who}`] = told(answer);
    }
  });
  await check("customer and agent talk, and each sees every message once", async () => {
    const customer = await begun("Where is my order?", {}, { name: "Dan" });
    const agent = agentIn(customer);
    await agent.poll();
    assert.deepEqual(agent.texts, ["Where is my order?"]);

    const answered = await agent.send("On its way.");
    assert.deepEqual(
      answered.map(({ author, content }) => [author, content]),
      [["AGE", "On its way."]],
    );
    const got = await customer.poll();
    assert.deepEqual(got, answered);
    assert.deepEqual(await customer.poll(), []);

    await agent.send("It comes tomorrow.");
    const own = await customer.send("When?");
    assert.deepEqual(
      own.map(({ author, content }) => [author, content]),
      [
        ["AGE", "It comes tomorrow."],
        ["CUS", "When?"],
      ],
    );
    await agent.send("At noon.");
    assert.deepEqual(agent.answers.at(-1).length, 2);
    await customer.poll();
    assert.deepEqual(customer.shown, agent.shown);
    assert.equal(agent.answers.flat().length, 5, "an answer repeated a message");
    assert.equal(customer.answers.flat().length, 5, "an answer repeated a message");
  });
  await check("two agents' frontends see the same", async () => {
    const customer = await begun("Two of you?");
    const agents = [agentIn(customer), agentIn(customer)];
    await Promise.all(agents.map((agent) => agent.poll()));
    await agents[0].send("Yes.");
    await agents[1].poll();
    assert.deepEqual(agents[1].shown, agents[0].shown);
    assert.deepEqual(
      agents[1].shown.map(({ author }) => author),
      ["CUS", "AGE"],
    );
  });
  await reading("an agent's message without a conversation", async () =>
    told(await post({ content: "Hello?" }, { token: agentToken })),
  );
  await reading("an agent's message to an unknown conversation", async () =>
    told(await post({ conversation: randomUUID(), content: "Hello?" }, { token: agentToken })),
  );
  await reading("posting with a token that is none", async () =>
    told(await post({ content: "Hi" }, { token: "no.such.token" })),
  );
  await reading("the list with a token that is none", async () => told(await list("no.such.token")));
};

// --- A logged-in user ----------------------------------------------------------------------------

const loggedIn = async () => {
  await check("a logged-in user is associated to the conversation, and an anonymous one is not", async () => {
    const own = await begun("It's me", { token: annToken });
    assert.equal(own.shown[0].author, "CUS");
    const other = await begun("It's nobody");
    const mine = JSON.stringify(await entryOf(own));
    assert.match(mine, /"ann"/);
    assert.doesNotMatch(JSON.stringify(await entryOf(other)), /"ann"/);
    readings["ann is in the list's field"] = fieldOf(await entryOf(own), "ann");
  });
  await check("a logged-in user talks with the agent", async () => {
    const ann = await begun("Can I pay later?", { token: annToken }, { name: "Ann", email: "ann@example.com" });
    const agent = agentIn(ann);
    await agent.poll();
    await agent.send("You can.");
    await ann.poll();
    await ann.send("Thanks!");
    assert.deepEqual(await stored(ann.kept.conversation, annToken), [
      ["CUS", "Can I pay later?"],
      ["AGE", "You can."],
      ["CUS", "Thanks!"],
    ]);
    assert.deepEqual(ann.texts, ["Can I pay later?", "You can.", "Thanks!"]);
  });
  await check("a logged-in user's first messages make conversations of their own", async () => {
    const [one, two] = [await begun("One", { token: annToken }), await begun("Two", { token: annToken })];
    assert.notEqual(one.kept.conversation, two.kept.conversation);
    assert.deepEqual(two.texts, ["Two"]);
  });
  await check("whoever logs in amid a conversation goes on in it", async () => {
    const chat = await begun("Not logged in yet");
    const { conversation } = chat.kept;
    chat.token = annToken;
    await chat.send("Now I am");
    await chat.poll();
    assert.equal(chat.kept.conversation, conversation);
    assert.deepEqual(chat.texts, ["Not logged in yet", "Now I am"]);
    const entry = JSON.stringify(await entryOf(chat));
    readings["who logs in amid a conversation"] = entry.includes('"ann"') ? "is associated" : "is not associated";
  });
  const ann = await begun("My secret", { token: annToken });
  const { conversation } = ann.kept;
  await reading("ann's conversation polled without her token", async () =>
    told(await call("GET", `/api/messages/${conversation}`)),
  );
  await reading("a message without a token to ann's conversation", async () => {
    const answer = await post({ conversation, content: "Me again" });
    const same = answer.json?.items?.[0]?.conversation === conversation;
    return `${answer.status}, ${same ? "taken" : "not there"}: ${brief(answer.text)}`;
  });
};

// --- Reload, several at once, a long talk -------------------------------------------------------------

const reload = async () => {
  await check("after a reload the frontend shows everything once and goes on", async () => {
    const before = await begun("Before", {}, { name: "Eve" });
    const agent = agentIn(before);
    await agent.poll();
    await agent.send("An answer while you were away");
    const after = before.reload();
    await after.poll();
    assert.deepEqual(after.texts, ["Before", "An answer while you were away"]);
    await after.send("After");
    await after.poll();
    assert.deepEqual(after.texts, ["Before", "An answer while you were away", "After"]);
    assert.equal(after.kept.conversation, before.kept.conversation);
    await agent.poll();
    assert.deepEqual(agent.shown, after.shown);
  });
  await check("after a reload the first call can be a message", async () => {
    const before = await begun("Before");
    const after = before.reload();
    await after.send("After");
    assert.deepEqual(after.texts, ["Before", "After"]);
  });
};

const live = async () => {
  await check("under regular polling by all, everybody sees everything once and nobody another's", async () => {
    const rounds = 5;
    const talks = await Promise.all(
      ["One", "Two", "Three"].map(async (name) => {
        const customer = await begun(`${name} begins`, {}, { name });
        return { name, sides: [customer, customer.reload(), agentIn(customer)] }; // two tabs and the agent
      }),
    );
    const all = talks.flatMap(({ sides }) => sides);
    all.forEach((side) => side.start());
    await Promise.all(
      talks.flatMap(({ name, sides }) =>
        sides.map(async (side, i) => {
          for (let round = 1; round <= rounds; round++) {
            await side.send(`${name}, side ${i}, round ${round}`);
            await sleep(i * 15);
          }
        }),
      ),
    );
    const complete = 1 + 3 * rounds;
    try {
      await until("everybody has everything", () => all.every(({ shown }) => shown.length >= complete), 5000);
    } finally {
      await Promise.all(all.map((side) => side.stop()));
    }
    for (const { name, sides } of talks) {
      const [one, ...others] = sides;
      assert.equal(one.shown.length, complete);
      assert.equal(new Set(one.texts).size, complete);
      assert.ok(one.texts.every((text) => text.startsWith(name)));
      assert.deepEqual(one.shown.filter(({ author }) => author === "AGE").length, rounds);
      assert.ok(one.shown.every(({ author, content }) => (author === "AGE") === content.includes("side 2")));
      for (const other of others) assert.deepEqual(other.shown, one.shown);
    }
  });
  await check("messages sent at once are all there, and none slips past a poll's since", async () => {
    const customer = await begun("All at once");
    const watcher = customer.reload();
    watcher.start();
    const { conversation } = customer.kept;
    const texts = Array.from({ length: 20 }, (_, i) => `Message ${i + 1}`);
    const since = customer.last;
    const answers = await Promise.all(texts.map((content) => post({ conversation, content }, { since })));
    answers.forEach((answer, i) => {
      const found = itemsOf(answer).filter(({ content }) => content === texts[i]);
      assert.equal(found.length, 1, `the answer to ${texts[i]} has it ${found.length} times`);
    });
    try {
      await until("the watcher has all", () => watcher.shown.length >= 21, 5000);
    } finally {
      await watcher.stop();
    }
    assert.deepEqual(watcher.texts.slice(1).sort(), texts.toSorted());
    assert.equal(watcher.answers.flat().length, 21, "a poll repeated a message");
    await customer.poll();
    assert.deepEqual(customer.shown, watcher.shown);
  });
};

const long = async () => {
  const many = 130;
  await check(`a conversation of ${many} messages is shown whole after a reload`, async () => {
    const chat = await begun("Message 1");
    const agent = agentIn(chat);
    for (let i = 2; i <= many; i++) await (i % 2 === 0 ? agent : chat).send(`Message ${i}`);
    const again = chat.reload();
    readings[`the first poll of ${many} messages has`] = String((await again.poll()).length);
    while ((await again.poll()).length > 0); // should it come in parts
    assert.deepEqual(
      again.texts,
      Array.from({ length: many }, (_, i) => `Message ${i + 1}`),
    );
    const answer = itemsOf(await post({ conversation: chat.kept.conversation, content: "The last" }));
    readings[`a message after ${many}, without since, is answered with`] = String(answer.length);
    assert.equal(answer.at(-1).content, "The last");
  });
};

// --- The agent's operations on conversations ------------------------------------------------------------

/** Tries an operation in its likely forms; the answer to the first that the server has. */
const likely = async (what, forms) => {
  const refusals = [];
  for (const [method, path, body] of forms) {
    const answer = await call(method, path, { token: agentToken, body });
    if (answer.ok) {
      readings[`the agent's ${what}`] = brief(told(answer));
      return answer;
    }
    refusals.push(told(answer));
    readings[`the agent's ${what} first`] = refusals.join("; ");
  }
  throw new Error(refusals.join("; "));
};

const operations = async () => {
  const chat = await begun("Here for the agent", {}, { name: "Finn", email: "finn@example.com" });
  const { conversation } = chat.kept;
  const at = [`/api/conversation/${conversation}`, `/api/conversation/${conversation}/`];

  await check("create: the agent makes a conversation, and a customer talks in it", async () => {
    const about = { name: "Gil", email: "gil@example.com" };
    const { text, json } = await likely("create", [
      ["POST", "/api/conversation/", about],
      ["POST", "/api/conversation", about],
      ["POST", "/api/conversation/", { ...about, content: "Can we help?" }],
    ]);
    const made = Object.values(json ?? {}).find((value) => uuid.test(value));
    assert.ok(made, `no uuid in ${brief(text)}`);
    const customer = new Chat({ kept: { conversation: made } });
    const first = await customer.poll();
    readings["a conversation that the agent made begins with"] = brief(first.map((m) => [m.author, m.content]));
    assert.ok(
      first.every(({ author, content }) => author === "AGE" && content === "Can we help?"),
      brief(first),
    );
    await customer.send("Hello");
    assert.equal(customer.texts.at(-1), "Hello");
    assert.equal(customer.kept.conversation, made);
    assert.match(JSON.stringify(await entryOf(customer)), /"Gil"/);
  });
  await check("read: the agent gets one conversation", async () => {
    const { json } = await likely(
      "read",
      at.map((path) => ["GET", path]),
    );
    assert.ok(fieldOf(json, conversation), brief(json));
    assert.match(JSON.stringify(json), /"Finn"/);
    const same = JSON.stringify(json) === JSON.stringify(await entryOf(chat));
    readings["one conversation is"] = same ? "as in the list" : "not as in the list";
  });
  await check("update: the agent changes a conversation's name and email", async () => {
    const about = { name: "Finley", email: "finley@example.com" };
    await likely(
      "update",
      ["PUT", "PATCH"].flatMap((method) => at.map((path) => [method, path, about])),
    );
    const entry = JSON.stringify(await entryOf(chat));
    assert.match(entry, /"Finley"/);
    assert.match(entry, /"finley@example.com"/);
    assert.deepEqual(await stored(conversation), [["CUS", "Here for the agent"]]);
  });
  for (const method of ["PUT", "PATCH"]) {
    await reading(`${method} of a name alone`, async () => {
      const answer = await call(method, at[0], { token: agentToken, body: { name: "Fi" } });
      return `${told(answer)}; the list has ${brief(await entryOf(chat))}`;
    });
  }
  await check("the operations are for the agent alone", async () => {
    const state = async () => {
      const entry = JSON.stringify(await entryOf(chat));
      return [...["Fi", "finley@example.com"].map((value) => entry.includes(`"${value}"`)), (await listed()).length];
    };
    const before = await state();
    assert.deepEqual(before.slice(0, 2), [true, true]);
    const body = { name: "Mine" };
    const tries = [["GET"], ["PUT", body], ["PATCH", body], ["DELETE"]].map(([method, ...b]) => [method, at[0], ...b]);
    for (const token of [undefined, annToken]) {
      for (const [method, path, payload] of [...tries, ["POST", "/api/conversation/", body]]) {
        const answer = await call(method, path, { token, body: payload });
        assert.ok(answer.status >= 400 && answer.status < 500, `${token ? "ann" : "nobody"}: ${told(answer)}`);
      }
    }
    assert.deepEqual(await state(), before);
  });
  await check("delete: the conversation is gone, and its customer's next message makes a new one", async () => {
    for (const text of ["Two", "Three", "Four"]) await chat.send(text);
    await likely(
      "delete",
      at.map((path) => ["DELETE", path]),
    );
    assert.ok(!JSON.stringify(await listed()).includes(conversation));
    const polled = await call("GET", `/api/messages/${conversation}`);
    readings["polling a deleted conversation"] = told(polled);
    assert.ok(!polled.text.includes("Here for the agent"), told(polled));
    const items = await chat.send("Are you there?"); // with the old uuid and its since
    assert.deepEqual(
      items.map(({ content }) => content),
      ["Are you there?"],
    );
    assert.notEqual(chat.kept.conversation, conversation);
    const agent = agentIn(chat);
    await agent.poll();
    await agent.send("Here we are again.");
    await chat.poll();
    assert.deepEqual(chat.texts, ["Are you there?", "Here we are again."]);
    assert.deepEqual(agent.shown, chat.shown);
    readings["the ids in the new conversation"] = chat.shown.map(({ id }) => id).join(", ");
  });
  await reading("what there is not, for the agent", async () =>
    told(await call("GET", `/api/conversation/${randomUUID()}`, { token: agentToken })),
  );
};

// --- The browser -------------------------------------------------------------------------------------------

/** Asks as a browser does before a page's request from elsewhere, and decides as it does. */
const preflight = async (method, path, wanted) => {
  const response = await fetch(base + path, {
    method: "OPTIONS",
    redirect: "manual",
    headers: {
      Origin: elsewhere,
      "Access-Control-Request-Method": method,
      "Access-Control-Request-Headers": wanted.join(","),
    },
    signal: AbortSignal.timeout(patience),
  });
  await response.text();
  const says = (name) => response.headers.get(`access-control-allow-${name}`) ?? "";
  const allowed = ["origin", "methods", "headers"].map(says).join("; ");
  const what = `OPTIONS for ${method} ${path}: ${response.status} ${allowed}`;
  assert.ok(response.ok, what);
  assert.ok(["*", elsewhere].includes(says("origin")), `the origin: ${what}`);
  const methods = says("methods").split(/\s*,\s*/);
  assert.ok(["GET", "HEAD", "POST", "*"].includes(method) || methods.some((m) => [method, "*"].includes(m)), what);
  const headers = says("headers")
    .toLowerCase()
    .split(/\s*,\s*/);
  for (const header of wanted) {
    const any = header !== "authorization" && headers.includes("*");
    assert.ok(any || headers.includes(header), `the header ${header}: ${what}`);
  }
  return what;
};

const browser = async () => {
  const json = "content-type";
  const auth = "authorization";
  const one = await begun("From a page");
  const { conversation } = one.kept;
  await check("a page from elsewhere may post, with a token and without", async () => {
    for (const path of ["/api/messages/", "/api/messages/?since=1"]) {
      for (const headers of [[json], [auth, json]]) {
        readings["the preflight"] = await preflight("POST", path, headers);
      }
    }
  });
  await check("a page from elsewhere may poll and list with a token", async () => {
    const messages = `/api/messages/${conversation}`;
    for (const path of [`${messages}/?since=1`, messages, "/api/conversation/"]) await preflight("GET", path, [auth]);
  });
  await check("a page from elsewhere may read the answers, refusals among them", async () => {
    for (const answer of [
      await post({ content: "Hello" }),
      await post({}),
      await call("GET", `/api/messages/${conversation}/?since=1`),
      await call("GET", `/api/messages/${randomUUID()}`),
      await list(),
      await call("GET", "/api/conversation/"),
    ]) {
      const origin = answer.headers.get("access-control-allow-origin");
      assert.ok(["*", elsewhere].includes(origin), `${origin}: ${told(answer)}`);
    }
  });
  for (const method of ["PUT", "PATCH", "DELETE"]) {
    await reading(`the preflight for ${method}`, () =>
      preflight(method, `/api/conversation/${conversation}`, [auth, json]),
    );
  }
  await check("the API's documentation is a page", async () => {
    const answer = await call("GET", "/api/docs", { headers: { Accept: "text/html" } });
    assert.ok(answer.ok, told(answer));
    assert.match(answer.headers.get("content-type") ?? "", /^text\/html/);
    assert.match(answer.text, /<html/i);
    readings["the documentation"] = `${answer.redirected ? "after a redirect, " : ""}${answer.text.length} characters`;
    const links = [...answer.text.matchAll(/(?:src|href|url)\s*[=:]\s*["']([^"']+)/gi)].map(([, link]) => link);
    const [, home = ""] = /<base\s+href=["']([^"']+)/i.exec(answer.text) ?? [];
    const local = links.map((link) => new URL(link, new URL(home, `${base}/api/docs`))).filter(({ href }) => href.startsWith(base));
    const pages = await Promise.all(local.map(({ pathname }) => call("GET", pathname)));
    for (const { path, text } of [answer, ...pages]) {
      if (text.includes("/api/messages")) readings["the API is described at"] = path;
    }
    readings["the documentation loads"] = links.join(", ");
    const named = (path) => [answer, ...pages].some(({ text }) => text.includes(path));
    for (const path of ["/api/messages/", "/api/conversation/"]) assert.ok(named(path), `${path} is not described`);
  });
};

const crowd = async () => {
  const many = 120;
  await check(`a list of more than ${many} conversations has every one of them`, async () => {
    const chats = [];
    for (let i = 0; i < many; i++) chats.push(await begun(`Customer ${i + 1}`));
    const has = JSON.stringify(await listed());
    const missing = chats.filter(({ kept }) => !has.includes(kept.conversation));
    assert.equal(missing.length, 0, `${missing.length} are missing among ${(await listed()).length}`);
  });
};

// --- The run --------------------------------------------------------------------------------------------------

for (const part of [
  firstMessage,
  following,
  invalid,
  agentSide,
  loggedIn,
  reload,
  live,
  long,
  operations,
  browser,
  crowd,
]) {
  try {
    await part();
  } catch (error) {
    failed.push(`the part ${part.name}: ${error.message}`);
    console.log(`FAILED: the part ${part.name}: ${error.message}`);
  }
}

await check("all answers with messages have the document's fields, and no others but the operator's", () => {
  assert.deepEqual([...extra.keys()].filter((key) => !["state", "position", "waitSeconds", "bot"].includes(key)), []);
});

console.log(JSON.stringify({ failed, readings, passed }));
process.exit(failed.length > 0 ? 1 : 0);
