// What the programs of Conduit's clients share: named checks, requests as axios
// makes them, connections that keep all that arrives, and the fields that answers
// and events have.
import assert from "node:assert/strict";
import { io } from "socket.io-client";

export const given = JSON.parse(process.argv[2] ?? "{}");
export const patience = 20_000; // for anything that must happen

const passed = [];
const failed = [];

/** An assertion with a name; the ones after it are made whatever comes of it. */
export const check = async (name, run) => {
  try {
    await run();
    passed.push(name);
  } catch (error) {
    failed.push(`${name}: ${error.message}`);
  }
};

/** Ends all connections and prints the outcome as the last line. */
export const finish = () => {
  for (const { socket } of open) socket.disconnect();
  process.stdout.write(`${JSON.stringify({ failed, passed })}\n`);
  process.exitCode = failed.length > 0 ? 1 : 0;
};

export const within = (what, run) =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${what} within ${patience} ms`)), patience);
    const settle = (end) => (value) => (clearTimeout(timer), end(value));
    run(settle(resolve), settle(reject));
  });

/** Repeats until it does not throw: for what may be some moments behind. */
export const eventually = async (run) => {
  const end = Date.now() + patience;
  for (;;) {
    try {
      return await run();
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((done) => setTimeout(done, 50));
    }
  }
};

let numbered = 0;
/** A text that nothing else carries. */
export const fresh = (text) => `${text} ${process.pid}-${++numbered}`;

// --- Fields --------------------------------------------------------------------

const isID = (value) => typeof value === "string" && value !== "";
const kinds = {
  id: isID,
  cursor: isID,
  text: (value) => typeof value === "string",
  ids: (value) => Array.isArray(value) && value.every(isID),
  seq: (value) => Number.isSafeInteger(value) && value > 0,
  count: (value) => Number.isSafeInteger(value) && value >= 0,
  flag: (value) => typeof value === "boolean",
  time: (value) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value),
  list: Array.isArray,
  map: (value) => value !== null && typeof value === "object" && !Array.isArray(value),
  none: (value) => value === null,
};

/**
 * Holds that an object has these fields with these kinds, and no others; `?` marks
 * one that may be missing, unless it is among those that must be there.
 */
export const has = (value, fields, ...needed) => {
  assert.ok(kinds.map(value), `no object: ${JSON.stringify(value)}`);
  const left = new Set(Object.keys(value));
  for (const [name, kind] of Object.entries(fields)) {
    const key = name.replace("?", "");
    if (left.delete(key)) {
      const fits = kind.split("|").some((one) => kinds[one](value[key]));
      assert.ok(fits, `${key} is no ${kind}: ${JSON.stringify(value)}`);
    } else {
      assert.ok(key !== name && !needed.includes(key), `${key} is missing: ${JSON.stringify(value)}`);
    }
  }
  assert.deepEqual([...left], [], `more fields than expected: ${JSON.stringify(value)}`);
};

export const shapes = {
  posted: { messageId: "id", seq: "seq", cursor: "cursor", createdAt: "time" },
  room: {
    _id: "id", name: "text", kind: "text", participants: "ids", participantCount: "count", creator: "id",
    visibility: "text", seq: "count", cursor: "cursor", unread: "count", lastMessage: "map|none",
    createdAt: "time", updatedAt: "time", deleted: "flag",
  },
  stored: {
    _id: "id", room: "id", seq: "seq", cursor: "cursor", senderUser: "id", message: "text", messageType: "text",
    files: "ids", "readBy?": "ids", status: "text", "nonce?": "id", "replyTo?": "id", "editedAt?": "time",
    createdAt: "time", updatedAt: "time", deleted: "flag",
  },
  message: {
    _id: "id", "nonce?": "id", sender: "id", message: "text", content: "text", contentType: "text", files: "ids",
    "replyTo?": "id", room: "id", seq: "seq", cursor: "cursor", status: "text", createdAt: "time",
  },
  invitation: { _id: "id", room: "id", roomName: "text", sender: "id", receiver: "id", createdAt: "time" },
};

/** The texts that Conduit's clients match on. */
export const texts = {
  name: "roomName is required",
  users: "users is required and must be a non-empty array",
  unknown: (...ids) => `users [${ids}] do not exist`,
  members: "users array contains existing member ids",
  room: "Room does not exist or you don't have access",
  message: "Message does not exist or you don't have access",
  invitation: "Invitation not valid",
  type: "Message must contain contentType property",
  types: "Invalid contentType, must be one of: text, file, typing, multimedia, system",
  content: (type) => `${type} messages need to have content`,
  noFile: (id) => `files [${id}] do not exist`,
  files: (type) => `Files are required for ${type} messages`,
  nonce: "When provided, nonce must be a non-empty string",
  noToken: "No 'Authorization' header or 'accessToken' cookie present",
  badToken: "Token is expired or otherwise not valid",
};

// --- HTTP ----------------------------------------------------------------------

/** Makes a request as a user, or as nobody; a body is sent as JSON. */
export const call = async (user, method, path, body, headers = {}) => {
  const res = await fetch(given.url + path, {
    method,
    headers: {
      "content-type": "application/json",
      ...(user && { authorization: `Bearer ${user.token}` }),
      ...headers,
    },
    body: body && JSON.stringify(body),
    signal: AbortSignal.timeout(patience),
  });
  const text = await res.text();
  let json;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  return { status: res.status, json, text };
};

/** Makes a request that must succeed, and returns its answer. */
export const ask = async (...request) => {
  const { status, json, text } = await call(...request);
  const [, method, path] = request;
  assert.ok(status >= 200 && status < 300, `${method} ${path}: ${status} ${text}`);
  return json;
};

export const answers = (res, body, status = 200) => {
  assert.equal(res.status, status, `${res.status} ${res.text}`);
  assert.deepEqual(res.json, body);
};

const names = {
  400: "INVALID_ARGUMENTS", 401: "UNAUTHORIZED", 403: "FORBIDDEN", 404: "NOT_FOUND", 409: "CONFLICT",
};

/** Holds that a request is refused in one of these ways, and with this text if one is given. */
export const refuses = (res, statuses, message = res.json?.message) => {
  assert.ok([statuses].flat().includes(res.status), `expected ${statuses}, got ${res.status} ${res.text}`);
  assert.deepEqual(res.json, { name: names[res.status], status: res.status, message });
  assert.ok(typeof message === "string" && message !== "", `the refusal says nothing: ${res.text}`);
};

export const newRoom = async (creator, ...others) => {
  const roomName = fresh("room");
  const { roomId } = await ask(creator, "POST", "/chat/rooms", { roomName, users: others.map(({ id }) => id) });
  return { id: roomId, name: roomName };
};

export const getRoom = (user, room) => ask(user, "GET", `/chat/rooms/${room.id}`);

/** Uploads a file and returns its id. */
export const upload = async (user, name, content) => {
  const form = new FormData();
  form.append("file", new Blob([content]), name);
  const res = await fetch(`${given.url}/chat/files`, {
    method: "POST", headers: { authorization: `Bearer ${user.token}` }, body: form,
  });
  const file = await res.json();
  assert.equal(res.status, 201, JSON.stringify(file));
  has(file, { fileId: "id", name: "text", type: "text", size: "count" });
  assert.deepEqual([file.name, file.size], [name, content.length]);
  return file.fileId;
};

export const download = async (user, id) => {
  const res = await fetch(`${given.url}/chat/files/${id}`, { headers: { authorization: `Bearer ${user.token}` } });
  return res.text();
};

// --- Socket.IO -----------------------------------------------------------------

const open = [];

/** A connection with everything that arrived on it. */
export class Connection {
  log = []; // {name, body}: an event and its one argument
  #waiting = new Set();

  constructor(options) {
    this.socket = io(`${given.url}/chat/`, { path: "/realtime", forceNew: true, reconnection: false, ...options });
    open.push(this);
    // Behind its one argument an event may have an offset, which is the client library's.
    this.socket.onAny((name, ...args) => this.#enter(name, args));
    this.socket.on("disconnect", (reason) => this.#enter("disconnect", [reason]));
  }

  #enter(name, args) {
    const odd = args.length > 2 || (args.length === 2 && typeof args[1] !== "string");
    this.log.push({ name, body: odd ? { odd: args } : args[0] });
    for (const look of this.#waiting) look();
  }

  /** Waits for the first event that fits, at or behind a place in the log, and returns its argument. */
  async hears(name, fits = () => true, from = 0) {
    let look;
    const entry = await within(`no ${name} (heard ${JSON.stringify(this.log.slice(-5))})`, (resolve) => {
      look = () => {
        const found = this.log.find((e, i) => i >= from && e.name === name && fits(e.body));
        if (found) resolve(found);
      };
      this.#waiting.add(look);
      look();
    }).finally(() => this.#waiting.delete(look));
    return entry.body;
  }

  heard(name, fits = () => true) {
    return this.log.filter((e) => e.name === name && fits(e.body)).map(({ body }) => body);
  }

  emit(...args) {
    this.socket.emit(...args);
  }

  /** Sends an event and returns its ack. */
  ask(...args) {
    return this.socket.timeout(patience).emitWithAck(...args);
  }

  /** The end of the log, once the server has answered whatever was sent on this connection before. */
  async mark() {
    await this.ask("ping");
    return this.log.length;
  }
}

/** Connects and waits for the server's greeting. */
export const connect = async (user, options = {}) => {
  const how = options.auth || options.extraHeaders ? {} : { extraHeaders: { Authorization: `Bearer ${user.token}` } };
  const connection = new Connection({ ...how, ...options });
  await within("not connected", (resolve, reject) => {
    connection.socket.once("ready", resolve);
    connection.socket.once("connect_error", reject);
  });
  return connection;
};

/** Waits until a connection has its WebSocket. */
export const upgraded = async ({ socket }) => {
  const { engine } = socket.io;
  if (engine.transport.name !== "websocket") await within("no upgrade", (done) => engine.once("upgrade", done));
};

/** Connects in vain and returns the error. */
export const connectRefused = (options) => {
  const { socket } = new Connection(options);
  return within("neither connected nor refused", (resolve, reject) => {
    socket.once("connect_error", resolve);
    socket.once("connect", () => reject(new Error("connected")));
  });
};

/** Posts and waits until everybody who is named has it: what came before has then come too. */
export const fence = async (poster, room, ...listeners) => {
  const text = fresh("fence");
  assert.equal((await poster.ask("message", room.id, text)).ok, true);
  for (const listener of listeners) await listener.hears("message", ({ content }) => content === text);
};
