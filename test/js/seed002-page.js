// A page such as a reader of the "WebSocket Chat API Integration Guide" makes
// around the guide's code.
import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { WebSocket as PlainSocket } from "ws";
import { incoming, messageHandler, sendChat, sendPing, setUp } from "./seed002-guide.js";

export const given = JSON.parse(process.argv[2] ?? "{}");
export const address = given.socket ?? "ws://localhost:3001";
const patience = 20_000; // for anything that must happen

/** All that were opened. */
export const pages = [];

export const chat = (content) => ({ type: "chat", content, timestamp: new Date().toISOString() });

/**
 * A page of one user: what it shows, over as many connections as it takes.
 * `transcript` is what the user sees, `replies` the AI's part of it by message id;
 * `faults` are the things that no server of the guide would send.
 */
export class Page {
  constructor(token, { url, options } = {}) {
    Object.assign(this, { token, url, options, asked: 0, pongs: 0, cuts: 0, strays: 0 });
    Object.assign(this, { transcript: [], errors: [], arrivals: [], closes: [], trouble: [], faults: [] });
    this.replies = new Map();
    this.changed = new EventEmitter().setMaxListeners(0);
    this.handle = messageHandler(this);
    pages.push(this);
    this.connect();
  }

  console = {
    log: (line) => (this.pongs += line === "Connection alive" ? 1 : 0),
    error: (_, event) => this.trouble.push(event.message),
  };

  showSystemMessage = (text) => this.transcript.push({ by: "system", text });

  showError = (text) => {
    this.errors.push(text);
    this.transcript.push({ by: "error", text });
  };

  createNewAIMessage = (id) => {
    const known = this.replies.get(id);
    if (known && !known.cut) this.faults.push(`a second stream-start of ${id}`);
    if (known) known.restarts++;
    const blank = { by: "AI", id, text: "", tokens: 0, restarts: 0, late: 0, ended: false, cut: false };
    const reply = known ?? { ...blank, connection: this.closes.length };
    if (!known) this.transcript.push(reply);
    this.replies.set(id, reply);
    this.onStart?.(reply);
  };

  appendToAIMessage = (id, token) => {
    const reply = this.replies.get(id);
    if (!reply) return this.stray(`a token of ${id}, which has not started`);
    if (reply.ended && !reply.cut) this.faults.push(`a token of ${id}, which has ended`);
    if (this.closes.length > reply.connection) reply.late++;
    reply.tokens++;
    reply.text += token;
    this.onToken?.(reply);
  };

  finalizeAIMessage = (id) => {
    const reply = this.replies.get(id);
    if (!reply) return this.stray(`the end of ${id}, which has not started`);
    if (reply.ended && !reply.cut) this.faults.push(`a second stream-end of ${id}`);
    reply.ended = true;
  };

  /** A stream may have started while there was no connection. */
  stray(fault) {
    if (this.cuts > 0) this.strays++;
    else this.faults.push(fault);
  }

  connect() {
    const page = this;
    class Socket extends PlainSocket {
      constructor(printed) {
        super(page.url ?? printed.replace("ws://localhost:3001", address), page.options);
        page.watch(this);
      }
    }
    const localStorage = { getItem: (key) => (key === "token" ? (this.token ?? null) : null) };
    this.websocket = setUp(localStorage, Socket, this.console, (message) => this.handle(message));
  }

  /** Looks at what comes before the guide's code does. */
  watch(websocket) {
    const connection = this.closes.length;
    const changed = () => queueMicrotask(() => this.changed.emit("change"));
    websocket.addEventListener("open", () => {
      this.onOpen?.(websocket);
      changed();
    });
    websocket.addEventListener("message", ({ data }) => {
      const { message, fault } = parse(data);
      if (fault) this.faults.push(`${fault}: ${data}`);
      this.arrivals.push({ ...message, connection });
      changed();
    });
    websocket.addEventListener("close", ({ code, reason }) => {
      this.closes.push(`${code} ${reason}`.trim());
      this.onClose?.();
      changed();
    });
  }

  /** Waits until `ready` returns something; what it throws ends the wait too. */
  until(what, ready, limit = patience) {
    return new Promise((resolve, reject) => {
      const done = (settle, value) => {
        clearTimeout(timer);
        this.changed.off("change", look);
        settle(value);
      };
      const late = () => done(reject, new Error(`no ${what} in ${limit / 1000} s; ${this.state()}`));
      const timer = setTimeout(late, limit);
      const look = () => {
        try {
          const found = ready();
          if (found) done(resolve, found);
          else if (this.lost()) done(reject, new Error(`no ${what}, and no connection; ${this.state()}`));
        } catch (error) {
          done(reject, error);
        }
      };
      this.changed.on("change", look);
      look();
    });
  }

  /** Without a connection, and none will come. */
  lost() {
    return this.websocket.readyState === PlainSocket.CLOSED && !this.onClose;
  }

  state() {
    const last = JSON.stringify(this.arrivals.slice(-2));
    return `closes ${JSON.stringify(this.closes)}, trouble ${JSON.stringify(this.trouble)}, the last arrivals ${last}`;
  }

  of(type) {
    return this.arrivals.filter((arrival) => arrival.type === type);
  }

  send(message) {
    this.websocket.send(typeof message === "string" ? message : JSON.stringify(message));
  }

  /** The connections that have been confirmed are so many. */
  confirmed(count = 1) {
    return this.until("connection message", () => this.of("connection").length >= count);
  }

  /** Sends a question, in the guide's words if it has none, and awaits its whole reply. */
  async ask(content) {
    const [known, errors] = [new Set(this.replies.keys()), this.errors.length];
    this.put(content);
    const fresh = () => {
      if (this.cuts === 0 && this.errors.length > errors) throw new Error(`an error: ${this.errors.at(-1)}`);
      return [...this.replies.values()].find((reply) => !known.has(reply.id) && !reply.cut);
    };
    const reply = await this.until("stream-start", fresh);
    await this.until("stream-end", () => fresh() && reply.ended);
    assert.notEqual(reply.text, "", "the tokens joined are no text");
    return reply;
  }

  put(content) {
    this.asked++;
    if (content === undefined) sendChat(this.websocket);
    else this.send(chat(content));
  }

  async ping() {
    const before = this.pongs;
    sendPing(this.websocket);
    await this.until("pong", () => this.pongs > before);
  }

  /** The stated reconnection: again after each loss, and later each time. */
  reconnect() {
    let wait = 250;
    this.onOpen = () => (wait = 250);
    this.onClose = () => {
      setTimeout(() => this.connect(), wait);
      wait = Math.min(2 * wait, 4_000);
    };
  }

  /** Loses the connection, and is back when the next is confirmed. */
  async cut() {
    for (const reply of this.replies.values()) reply.cut ||= !reply.ended;
    this.cuts++;
    const connections = this.of("connection").length;
    this.websocket.terminate();
    await this.confirmed(connections + 1);
  }

  leave() {
    this.onClose = undefined;
    this.websocket.close();
  }
}

/** One message of the server, and what is wrong with it. */
function parse(data) {
  if (typeof data !== "string") return { message: {}, fault: "not a text" };
  let message;
  try {
    message = JSON.parse(data);
  } catch {
    return { message: {}, fault: "not JSON" };
  }
  if (typeof message?.type !== "string") return { message: {}, fault: "no type" };
  for (const field of incoming[message.type] ?? []) {
    if (typeof message[field] !== "string") return { message, fault: `${field} is not a string` };
  }
  if (!(message.type in incoming)) return { message };
  const { timestamp } = message;
  const good = /^\d{4}-\d\d-\d\dT/.test(timestamp) && !Number.isNaN(Date.parse(timestamp));
  return good ? { message } : { message, fault: "the timestamp is no date" };
}
