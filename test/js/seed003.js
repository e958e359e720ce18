// What a reader of the chat client integration example writes, who has nothing
// else: the document's page, word for word, with small functions in the place of
// those that it only names, and they keep what was shown. Nothing here is known
// from anywhere else; what the document leaves open is either checked in the
// likeliest reading or tried, and printed as `readings`. The last line on standard
// output is
//
//   {"failed": [...], "readings": {...}, "passed": [...]}
//
// and the exit status is 0 if nothing failed. The argument is JSON: `http` and
// `socket`, the two addresses; `chatbot`, the id of one; `tokens`, those of three
// users who have never talked with it; `bad`, a token that is not valid.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocket as Socket } from "ws";

const given = JSON.parse(process.argv[2] ?? "{}");
const httpUrl = given.http ?? "http://localhost:8000";
const socketUrl = given.socket ?? "ws://localhost:8000";
const chatbot = given.chatbot ?? "selected_chatbot_id";
const [ada, ben, cy] = given.tokens ?? ["the first user's token", "the second's", "the third's"];
const bad = given.bad ?? "not.a.token";
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

/** What came of something on which the document is silent. */
const reading = async (name, run) => {
  readings[name] = await Promise.resolve()
    .then(run)
    .catch((error) => `failed: ${error.message}`);
};

process.on("uncaughtException", (error) => failed.push(`the page's own code: ${error.message}`));

/** Waits for a condition and returns what it returned. */
const until = async (what, holds, limit = patience) => {
  const deadline = Date.now() + limit;
  for (;;) {
    const value = holds();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`${what}: not within ${limit / 1000} s`);
    await sleep(10);
  }
};

const brief = (value) => (typeof value === "string" ? value : JSON.stringify(value)).slice(0, 200);

// --- The browser --------------------------------------------------------------

const sockets = [];

/** The browser's WebSocket, which keeps the frames that came and how it ended. */
class Recorded extends Socket {
  frames = [];
  trouble = ""; // of connecting
  ended = ""; // code and reason

  constructor(url) {
    super(url.replace("ws://localhost:8000", socketUrl), { origin: httpUrl, handshakeTimeout: patience });
    sockets.push(this);
    this.on("message", (text) => {
      try {
        this.frames.push(JSON.parse(text));
      } catch {
        this.frames.push({ type: `no JSON: ${brief(String(text))}` });
      }
    });
    this.on("error", (error) => (this.trouble = error.message));
    this.on("close", (code, reason) => (this.ended = `${code} ${reason}`.trim()));
  }

  all(type) {
    return this.frames.filter((frame) => frame.type === type);
  }
}

/** A tab of the browser: what the document's code finds around itself, and what it shows. */
const newTab = () => {
  const tab = { transcript: [], errors: [], problems: [], log: [], answered: [], listeners: {} };
  let bubble;
  return Object.assign(tab, {
    WebSocket: Recorded,
    window: { addEventListener: (name, run) => (tab.listeners[name] = run) },
    console: { log: (...what) => tab.log.push(what[0]), error: (...what) => tab.log.push(what[0]) },
    fetch: (path, options) => {
      const going = fetch(httpUrl + path, { ...options, signal: AbortSignal.timeout(patience) });
      tab.answered.push(
        going.then(
          (response) => response.status,
          (error) => error.message,
        ),
      );
      return going;
    },
    displayMessage: (role, text, at) => tab.transcript.push({ role, text, at }),
    displayError: (text) => tab.errors.push(text),
    createNewAssistantMessage: () => {
      if (bubble) tab.problems.push("a response began inside another");
      bubble = { role: "assistant", text: "" };
      tab.transcript.push(bubble);
    },
    appendToAssistantMessage: (chunk) => {
      if (!bubble) return tab.problems.push("a chunk outside a response");
      bubble.text += chunk;
    },
    finalizeAssistantMessage: (text) => {
      if (!bubble) return tab.problems.push("the end of a response that had not begun");
      if (bubble.text !== text) tab.problems.push(`shown ${brief(bubble.text)}, completed as ${brief(text)}`);
      bubble.text = text;
      bubble = undefined;
    },
  });
};

/** The document's page: its code, in its order and words. */
const page = async (tab, userJwtToken, selected_chatbot_id) => {
  const { WebSocket, window, console, fetch, displayMessage, displayError } = tab;
  const { createNewAssistantMessage, appendToAssistantMessage, finalizeAssistantMessage } = tab;

  // User selects a chatbot from the UI
  const chatbotId = selected_chatbot_id;

  // Create chat session (requires JWT token in Authorization header)
  const sessionResponse = await fetch(`/chatbot/${chatbotId}/session`, {
    method: "POST",
    headers: {
      Authorization: `Bearer ${userJwtToken}`,
      "Content-Type": "application/json",
    },
  });

  const sessionData = await sessionResponse.json();
  console.log(sessionData);

  assert.ok(sessionResponse.ok, `no session: ${sessionResponse.status} ${brief(sessionData)}`);

  // Connect to WebSocket with session ID and JWT token
  const wsUrl = `ws://localhost:8000/ws/chat/${sessionData.session_id}?token=${userJwtToken}`;
  const socket = new WebSocket(wsUrl);

  socket.onopen = () => {
    console.log("Connected to chat");
  };

  socket.onmessage = (event) => {
    const data = JSON.parse(event.data);

    switch (data.type) {
      case "session_info":
        console.log("Session info:", data);
        displayMessage("system", data.message);
        break;

      case "message_received":
        console.log("Message acknowledged:", data.message_id);
        break;

      case "response_start":
        console.log("Assistant is responding...");
        createNewAssistantMessage(); // Create empty message bubble
        break;

      case "response_chunk":
        appendToAssistantMessage(data.chunk); // Append chunk to current message
        break;

      case "response_complete":
        console.log("Response complete:", data.message_id);
        finalizeAssistantMessage(data.full_response);
        break;

      case "error":
        console.error("Chat error:", data.message);
        displayError(data.message);
        break;
    }
  };

  socket.onerror = (error) => {
    console.error("WebSocket error:", error);
  };

  socket.onclose = () => {
    console.log("WebSocket closed");
  };

  function sendMessage(messageText) {
    if (socket.readyState === WebSocket.OPEN) {
      const messageData = {
        message: messageText,
        message_type: "text",
      };

      socket.send(JSON.stringify(messageData));

      // Display user message immediately
      displayMessage("user", messageText);
    }
  }

  // Display previous messages from the session
  function displayPreviousMessages(messages) {
    messages.forEach((msg) => {
      displayMessage(msg.role, msg.message, msg.created_at);
    });
  }

  // Call this after creating session
  displayPreviousMessages(sessionData.previous_messages);

  // Gracefully close session when user navigates away
  function closeSession() {
    if (sessionData?.session_id) {
      fetch(`/chatbot/session/${sessionData.session_id}`, {
        method: "DELETE",
        headers: {
          Authorization: `Bearer ${userJwtToken}`,
        },
      });
    }

    if (socket) {
      socket.close();
    }
  }

  // Call on page unload
  window.addEventListener("beforeunload", closeSession);

  return Object.assign(tab, { sessionData, socket, sendMessage, token: userJwtToken });
};

// --- What the checks are made of ------------------------------------------------

/** Opens the page and waits until its socket is ready. */
const open = async (token) => {
  const tab = await page(newTab(), token, chatbot);
  const { socket } = tab;
  await until("session_info", () => socket.frames.length > 0 || socket.ended);
  assert.equal(socket.frames[0]?.type, "session_info", `the socket: ${socket.trouble} ${socket.ended}`);
  return tab;
};

/** Leaves the page, and waits until its last request is answered and its socket closed. */
const leave = async (tab) => {
  tab.listeners.beforeunload();
  const [status] = await Promise.all([
    tab.answered.at(-1),
    until("the closing of the socket", () => tab.socket.readyState === Socket.CLOSED),
  ]);
  return status;
};

/** The talk as the page shows it. */
const shown = (tab) => tab.transcript.filter(({ role }) => role !== "system").map(({ role, text }) => ({ role, text }));

const sendText = (socket, message) => socket.send(JSON.stringify({ message, message_type: "text" }));

/** The first whole answer among the frames from a place on. */
const answerFrom = (frames, from) => {
  const find = (type, at) => (at < 0 ? -1 : frames.findIndex((frame, i) => i >= at && frame.type === type));
  const received = find("message_received", from);
  const start = find("response_start", received);
  const complete = find("response_complete", start);
  if (complete < 0) return undefined;
  const chunks = frames.slice(start, complete).filter(({ type }) => type === "response_chunk");
  return { received: frames[received], start: frames[start], chunks, complete: frames[complete] };
};

/** Sends a message, by the page's function if there is a page, and waits for its answer. */
const say = async (socket, text, send = (message) => sendText(socket, message)) => {
  const from = socket.frames.length;
  send(text);
  const stopped = () => socket.ended || socket.frames.slice(from).some(({ type }) => type === "error");
  await until(`the answer to ${brief(text)}`, () => answerFrom(socket.frames, from) ?? stopped());
  const answer = answerFrom(socket.frames, from);
  assert.ok(answer, `no answer to ${brief(text)}: ${brief(socket.frames.slice(from))} ${socket.ended}`);
  return answer;
};

const talk = (tab, text) => say(tab.socket, text, tab.sendMessage);

/** The page showed what was sent, and every frame came where it belongs. */
const orderly = (tab) => {
  const { socket } = tab;
  assert.deepEqual(tab.problems, []);
  assert.deepEqual(tab.errors, []);
  assert.equal(socket.frames[0].type, "session_info");
  for (const type of ["message_received", "response_start", "response_complete"]) {
    const sent = tab.transcript.slice(tab.sessionData.previous_messages.length).filter(({ role }) => role === "user");
    assert.equal(socket.all(type).length, sent.length, `${type} for ${sent.length} messages`);
  }
  assert.equal(socket.all("session_info").length, 1);
};

const strings = {
  session_info: ["session_id", "chatbot_name", "message"],
  message_received: ["message_id", "timestamp"],
  response_start: ["message"],
  response_chunk: ["chunk"],
  response_complete: ["message_id", "timestamp", "full_response"],
  error: ["message"],
};

/** A frame has the document's fields. */
const formed = (frame) => {
  assert.ok(strings[frame.type], `no type of the document: ${brief(frame)}`);
  for (const field of strings[frame.type]) {
    assert.equal(typeof frame[field], "string", `${field} of ${brief(frame)}`);
    assert.notEqual(frame[field], "", `${field} of ${brief(frame)}`);
  }
  if ("timestamp" in frame) instant(frame.timestamp);
};

/** A time as the document writes it, perhaps with fractions of a second, and not far from now. */
const instant = (text) => {
  assert.match(text, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
  assert.ok(Math.abs(Date.parse(text) - Date.now()) < 5 * 60_000, `${text} is not now`);
};

const bearer = (token) => (token === undefined ? {} : { Authorization: `Bearer ${token}` });

/** A request without the page; the status and what the answer says. */
const call = async (method, path, token) => {
  const headers = { ...bearer(token), ...(method === "POST" && { "Content-Type": "application/json" }) };
  const response = await fetch(httpUrl + path, { method, headers, signal: AbortSignal.timeout(patience) });
  return { status: response.status, ok: response.ok, text: (await response.text()).trim() };
};

const told = ({ status, text }) => `${status} ${brief(text)}`;

/** Connects to a session without the page, and waits until it is taken or refused. */
const knock = async (session, token) => {
  const query = token === undefined ? "" : `?token=${token}`;
  const socket = new Recorded(`ws://localhost:8000/ws/chat/${session}${query}`);
  await until("session_info or a refusal", () => socket.all("session_info").length > 0 || socket.ended);
  socket.taken = socket.all("session_info").length > 0;
  return socket;
};

const fate = (socket) => {
  if (socket.taken) return "taken";
  const frames = socket.frames.length > 0 ? ` after ${brief(socket.frames)}` : "";
  return `refused: ${socket.trouble || `closed with ${socket.ended}`}${frames}`;
};

/** A socket that must be refused; how it was. */
const refused = async (session, token) => {
  const socket = await knock(session, token);
  socket.terminate();
  assert.ok(!socket.taken, "the socket was taken");
  return fate(socket);
};

/** A request that must be refused for who asks. */
const forbidden = async (name, method, path, token, allowed = [401, 403]) => {
  await check(`security: ${name}`, async () => {
    const answer = await call(method, path, token);
    readings[name] = told(answer);
    assert.ok(allowed.includes(answer.status), told(answer));
  });
};

// --- 1 to 4: a session and a talk -----------------------------------------------

const hello = "Hello, can you help me with my project?";
const texts = [hello, 'Second: "quotes", <b>tags</b> &amp; a\nnew line', "Third: Grüße, 你好 👋🏽", "Fourth and last"];
let firstTalk = [];

const aSession = async () => {
  const tab = await open(ada);
  const { sessionData, socket } = tab;
  await check("a session has its five fields", () => {
    for (const field of ["session_id", "conversation_id", "chatbot_id", "chatbot_name"]) {
      assert.equal(typeof sessionData[field], "string", field);
      assert.notEqual(sessionData[field], "", field);
    }
    assert.equal(sessionData.chatbot_id, chatbot);
    assert.deepEqual(sessionData.previous_messages, []);
  });
  readings["a session, as it came"] = brief(sessionData);
  readings["the status of a new session"] = String(await tab.answered[0]);
  await check("session_info is first and has its fields", async () => {
    formed(socket.frames[0]);
    assert.equal(socket.frames[0].session_id, sessionData.session_id);
    assert.equal(socket.frames[0].chatbot_name, sessionData.chatbot_name);
    assert.ok(tab.log.includes("Connected to chat"));
    assert.deepEqual(tab.transcript[0], { role: "system", text: socket.frames[0].message, at: undefined });
  });
  readings["session_info greets"] = brief(socket.frames[0].message);
  return tab;
};

const aTalk = async (tab) => {
  const { socket } = tab;
  await check("a message is acknowledged, then answered in chunks", async () => {
    const { received, start, chunks, complete } = await talk(tab, hello);
    [received, start, ...chunks, complete].forEach(formed);
    assert.ok(chunks.length > 0, "no chunk");
    assert.equal(chunks.map(({ chunk }) => chunk).join(""), complete.full_response);
    assert.deepEqual(
      socket.frames.slice(1).map(({ type }) => type),
      ["message_received", "response_start", ...chunks.map(() => "response_chunk"), "response_complete"],
    );
    readings["the answer's message_id"] =
      received.message_id === complete.message_id ? "is the acknowledged message's" : "is its own";
    readings["a timestamp, as it came"] = received.timestamp;
    readings["response_start says"] = start.message;
    readings["the chunks of the first answer"] = `${chunks.length}: ${brief(complete.full_response)}`;
  });
  await check("several messages are answered in order", async () => {
    const answers = [];
    for (const text of texts.slice(1)) answers.push(await talk(tab, text));
    orderly(tab);
    const received = socket.all("message_received").map(({ message_id }) => message_id);
    assert.equal(new Set(received).size, texts.length, "acknowledged with the same id");
    const completed = socket.all("response_complete").map(({ message_id }) => message_id);
    assert.equal(new Set(completed).size, texts.length, "completed with the same id");
    assert.deepEqual(
      shown(tab).map(({ role }) => role),
      texts.flatMap(() => ["user", "assistant"]),
    );
    const times = answers.flatMap(({ received, complete }) => [received.timestamp, complete.timestamp]).map(Date.parse);
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
      "the timestamps are out of order",
    );
  });
  await check("every frame has the document's fields", () => socket.frames.forEach(formed));
  await reading("fields that the document does not have", () => {
    const extra = socket.frames.flatMap((frame) =>
      Object.keys(frame)
        .filter((key) => key !== "type" && !strings[frame.type]?.includes(key))
        .map((key) => `${frame.type}.${key}`),
    );
    return [...new Set(extra)].join(", ") || "none";
  });
  firstTalk = shown(tab);
};

const history = async (first) => {
  await check("the page is left", async () => {
    const status = await leave(first);
    readings["DELETE as the page is left"] = String(status);
    assert.ok(status < 500 && status !== 401 && status !== 403, String(status));
    assert.ok(first.log.includes("WebSocket closed"));
  });
  await check("a new session has the previous messages, in the talk's order", async () => {
    const tab = await open(ada);
    const previous = tab.sessionData.previous_messages;
    assert.equal(firstTalk.length, 2 * texts.length, "the talk is not whole");
    assert.deepEqual(shown(tab), firstTalk);
    for (const { role, message, created_at } of previous) {
      assert.ok(["user", "assistant"].includes(role), role);
      assert.equal(typeof message, "string");
      instant(created_at);
    }
    const times = previous.map(({ created_at }) => Date.parse(created_at));
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
      "created_at is out of order",
    );
    readings["a previous message, as it came"] = brief(previous[0]);
    const same = tab.sessionData.conversation_id === first.sessionData.conversation_id;
    readings["a new session's conversation"] = same ? "the one before" : "a new one";
    assert.notEqual(tab.sessionData.session_id, first.sessionData.session_id);
    await talk(tab, "And on we go");
    orderly(tab);
    await leave(tab);
  });
};

// --- Session management -----------------------------------------------------------

const oneSession = async () => {
  await check("one active session per user: a second one closes the first's socket", async () => {
    const first = await open(ada);
    const second = await page(newTab(), ada, chatbot);
    const atOnce = await until("the closing", () => first.socket.ended, 2000).catch(() => "");
    await until("the closing of the first socket", () => first.socket.ended);
    const last = brief(first.socket.frames.at(-1));
    readings["the first of two sessions ends"] =
      `with ${first.socket.ended}, ${atOnce ? "soon" : "late"}, after ${last}`;
    await until("session_info", () => second.socket.frames.length > 0);
    await talk(second, "In the second session");
    orderly(second);
    const same = first.sessionData.session_id === second.sessionData.session_id;
    if (!same) readings["the first session's id, later"] = await refused(first.sessionData.session_id, ada);
    await talk(second, "Still here");
    await leave(second);
  });
  await reading("a second socket on the same session", async () => {
    const tab = await open(ada);
    const other = await knock(tab.sessionData.session_id, ada);
    await until("the closing", () => tab.socket.ended, 1000).catch(() => "");
    const result = `${fate(other)}; the first ${tab.socket.ended ? `closed with ${tab.socket.ended}` : "stays"}`;
    other.terminate();
    await leave(tab);
    return result;
  });
};

const closing = async () => {
  await check("a session that is closed by DELETE has no usable socket", async () => {
    const tab = await open(ada);
    const { session_id } = tab.sessionData;
    const answer = await call("DELETE", `/chatbot/session/${session_id}`, ada);
    readings["DELETE"] = told(answer);
    assert.ok(answer.ok, told(answer));
    tab.sendMessage("Is anybody there?");
    await until("the closing or an error", () => tab.socket.ended || tab.errors.length > 0);
    readings["the socket of a closed session"] =
      `closed with ${tab.socket.ended || "nothing"}, after ${brief(tab.socket.frames.slice(1))}`;
    assert.deepEqual(tab.socket.all("message_received"), []);
    assert.deepEqual(tab.socket.all("response_complete"), []);
    readings["connecting to a closed session"] = await refused(session_id, ada);
    readings["DELETE of a closed session"] = told(await call("DELETE", `/chatbot/session/${session_id}`, ada));
  });
  await check("closing keeps the messages", async () => {
    const tab = await open(ada);
    assert.deepEqual(shown(tab).slice(0, firstTalk.length), firstTalk);
    await leave(tab);
  });
  for (const [name, pause] of Object.entries({ "at once": 0, "5 s later": 5000 })) {
    await reading(`the session of a closed socket, ${name}`, async () => {
      const tab = await open(ada);
      tab.socket.close();
      await until("the closing", () => tab.socket.ended);
      await sleep(pause);
      const again = await knock(tab.sessionData.session_id, ada);
      again.terminate();
      return fate(again);
    });
  }
  await check("a user whose socket closed can have another session", async () => {
    const tab = await open(ada);
    await talk(tab, "Back again");
    await leave(tab);
  });
};

// --- Security ---------------------------------------------------------------------

const security = async () => {
  const tab = await open(ada);
  const { session_id } = tab.sessionData;
  const own = `/chatbot/session/${session_id}`;
  const strangers = { "without a token": undefined, "with an empty token": "", "with a bad token": bad };
  for (const [name, token] of Object.entries({ ...strangers, "with another user's token": ben })) {
    await check(`security: the socket ${name}`, async () => {
      readings[`the socket ${name}`] = await refused(session_id, token);
    });
  }
  await forbidden("POST without a token", "POST", `/chatbot/${chatbot}/session`);
  await forbidden("POST with a bad token", "POST", `/chatbot/${chatbot}/session`, bad);
  await forbidden("DELETE without a token", "DELETE", own);
  await forbidden("DELETE with a bad token", "DELETE", own, bad);
  await forbidden("DELETE of another user's session", "DELETE", own, ben, [403, 404]);
  await check("security: none of this harmed the session", async () => {
    assert.equal(tab.socket.ended, "");
    await talk(tab, "Still mine");
    orderly(tab);
  });
  await check("a session that nobody has is not to be used", async () => {
    const nobody = randomUUID();
    readings["the socket of no session"] = await refused(nobody, ada);
    const answer = await call("DELETE", `/chatbot/session/${nobody}`, ada);
    readings["DELETE of no session"] = told(answer);
    assert.ok(answer.status < 500, told(answer));
  });
  await reading("a session with no such chatbot", async () =>
    told(await call("POST", "/chatbot/no-such-chatbot/session", ada)),
  );
  await leave(tab);
};

// --- Errors -----------------------------------------------------------------------

const mistakes = {
  "bad JSON": '{"message": "Hello',
  "no message": JSON.stringify({ message_type: "text" }),
  "a wrong message_type": JSON.stringify({ message: "Hello", message_type: "telepathy" }),
};

const oddities = {
  "no message_type": JSON.stringify({ message: "Hello" }),
  "an empty message": JSON.stringify({ message: "", message_type: "text" }),
  "a blank message": JSON.stringify({ message: "  \n", message_type: "text" }),
  "a number for a message": JSON.stringify({ message: 7, message_type: "text" }),
  "an array": "[]",
  "a field too many": JSON.stringify({ message: "Hello", message_type: "text", mood: "good" }),
  "bytes for text": Buffer.from(JSON.stringify({ message: "Hello", message_type: "text" })),
  "a message of 100,000 characters": JSON.stringify({ message: "x".repeat(100_000), message_type: "text" }),
  "a message of 2,000,000 characters": JSON.stringify({ message: "x".repeat(2_000_000), message_type: "text" }),
};

const errors = async () => {
  let tab = await open(ben);
  for (const [name, frame] of Object.entries(mistakes)) {
    await check(`${name} is answered with an error and the talk goes on`, async () => {
      if (tab.socket.ended) tab = await open(ben);
      const from = tab.socket.frames.length;
      tab.socket.send(frame);
      await until("the answer", () => tab.socket.frames.length > from || tab.socket.ended);
      const answer = tab.socket.frames[from];
      assert.equal(answer?.type, "error", `${brief(answer ?? "nothing")} ${tab.socket.ended}`);
      formed(answer);
      assert.equal(tab.errors.at(-1), answer.message);
      readings[name] = answer.message;
      await talk(tab, `After ${name}`);
    });
  }
  for (const [name, frame] of Object.entries(oddities)) {
    await reading(name, async () => {
      if (tab.socket.ended) tab = await open(ben);
      const { socket } = tab;
      const from = socket.frames.length;
      socket.send(frame);
      const done = ({ type }) => type === "error" || type === "response_complete";
      await until("an answer", () => socket.ended || socket.frames.slice(from).some(done));
      const last = socket.frames.slice(from).find(done);
      const what = last?.type === "error" ? `error: ${brief(last.message)}` : last ? "answered" : "no answer";
      return socket.ended ? `${what}, closed with ${socket.ended}` : what;
    });
  }
  await check("after all mistakes there is a session", async () => {
    tab = await open(ben); // the last may have closed the socket, or be about to
    await talk(tab, "After all mistakes");
    await leave(tab);
  });
};

// --- Several at once --------------------------------------------------------------

const twoUsers = async () => {
  await check("two users at once do not see each other's talk", async () => {
    const [one, two] = await Promise.all([open(ada), open(ben)]);
    const secrets = [randomUUID(), randomUUID()];
    for (let round = 1; round <= 3; round++) {
      await Promise.all([talk(one, `${round}: ${secrets[0]}`), talk(two, `${round}: ${secrets[1]}`)]);
    }
    [one, two].forEach(orderly);
    await Promise.all([leave(one), leave(two)]);
    const [oneLater, twoLater] = await Promise.all([open(ada), open(ben)]);
    for (const [mine, theirs, ...tabs] of [
      [...secrets, one, oneLater],
      [...secrets.toReversed(), two, twoLater],
    ]) {
      const seen = JSON.stringify(tabs.map((tab) => [tab.sessionData, tab.socket.frames, tab.transcript]));
      assert.ok(seen.includes(mine) && !seen.includes(theirs));
    }
    assert.notEqual(one.sessionData.session_id, two.sessionData.session_id);
    assert.notEqual(one.sessionData.conversation_id, two.sessionData.conversation_id);
    await Promise.all([leave(oneLater), leave(twoLater)]);
  });
};

const burst = async () => {
  const three = ["One of three", "Two of three", "Three of three"];
  await check("three messages at once are all answered, and the answers do not mix", async () => {
    const tab = await open(cy);
    three.forEach((text) => tab.sendMessage(text));
    await until("three answers", () => tab.socket.all("response_complete").length >= 3 || tab.errors.length > 0);
    orderly(tab);
    const replies = shown(tab).filter(({ role }) => role === "assistant");
    await leave(tab);
    const later = await open(cy);
    const kept = shown(later);
    assert.deepEqual(
      kept.filter(({ role }) => role === "user").map(({ text }) => text),
      three,
    );
    assert.deepEqual(
      kept.filter(({ role }) => role === "assistant"),
      replies,
    );
    readings["the order kept of three messages at once"] = kept.map(({ role }) => role).join(" ");
    await leave(later);
  });
};

// --- A cut, and a flood ---------------------------------------------------------------

const cut = async () => {
  const long = `Tell me a long story about ${"a boat, a storm, an island, ".repeat(40)}please.`;
  await check("the chat goes on after a socket was cut in the middle of a response", async () => {
    const tab = await open(cy);
    const before = shown(tab);
    const cutAt = new Promise((resolve) => {
      tab.socket.on("message", (text) => JSON.parse(text).type === "response_chunk" && resolve(tab.socket.terminate()));
    });
    tab.sendMessage(long);
    await Promise.race([cutAt, until("a chunk", () => tab.socket.ended)]);
    await until("the end of the socket", () => tab.socket.ended);
    assert.ok(tab.socket.all("response_chunk").length > 0, `no chunk: ${tab.socket.ended}`);
    readings["the cut came"] =
      tab.socket.all("response_complete").length > 0
        ? "too late"
        : `after ${tab.socket.all("response_chunk").length} chunks`;

    const again = await knock(tab.sessionData.session_id, cy);
    readings["the same session after the cut"] = fate(again);
    if (again.taken) {
      await until("the rest", () => again.all("response_complete").length > 0 || again.ended, 3000).catch(() => "");
      const rest = again.frames.slice(1).map(({ type }) => type);
      readings["after the cut came, unasked"] = brief([...new Set(rest)].join(", ") || "nothing");
      await say(again, "Where were we, on the same session?");
    }
    const next = await open(cy);
    await talk(next, "Where were we, on a new session?");
    orderly(next);
    const since = next.sessionData.previous_messages.slice(before.length);
    readings["what was kept of the cut response"] = since
      .map(({ role, message }) => `${role} ${message.length}`)
      .join(", ");
    assert.equal(since[0]?.role, "user");
    assert.equal(since[0]?.message, long);
    await leave(next);
  });
};

const flood = async () => {
  const many = 200;
  await reading(`${many} messages at once`, async () => {
    const { socket, sendMessage } = await open(cy);
    for (let i = 1; i <= many; i++) sendMessage(`${i} of ${many}`);
    const over = () => socket.ended || socket.all("response_complete").length + socket.all("error").length >= many;
    await until("all", over).catch(() => "");
    const says = [...new Set(socket.all("error").map(({ message }) => message))];
    const counts = ["message_received", "response_complete", "error"].map(
      (type) => `${type} ${socket.all(type).length}`,
    );
    return `${counts.join(", ")}; ${says.slice(0, 3).join(" | ") || "no error"}; ${socket.ended ? `closed with ${socket.ended}` : "stays"}`;
  });
  await check("another user can talk during a flood", async () => {
    const tab = await open(ben);
    await talk(tab, "It is quiet here");
    await leave(tab);
  });
  await reading("a message after the flood", async () => {
    const began = Date.now();
    for (;;) {
      try {
        const tab = await open(cy);
        await talk(tab, "After the flood");
        return `answered ${Math.round((Date.now() - began) / 1000)} s later`;
      } catch (error) {
        if (Date.now() - began > patience) throw error;
        await sleep(500);
      }
    }
  });
};

// --- The run ---------------------------------------------------------------------------

await check("a session and a talk", async () => {
  const tab = await aSession();
  await aTalk(tab);
  await history(tab);
});
for (const part of [oneSession, closing, security, errors, twoUsers, burst, cut, flood]) {
  await check(`the part ${part.name}`, part);
}
for (const socket of sockets) socket.terminate();

console.log(JSON.stringify({ failed, readings, passed }));
process.exit(failed.length > 0 ? 1 : 0);
