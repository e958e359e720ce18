// One user. What its connections are sent of a reply is held against the contract
// event by event: what the client makes of it could hide a double or a gap.
import { Client } from "../client.js";

const patienceMs = 60_000;

const options = {
  forceNew: true,
  reconnectionDelay: 100,
  reconnectionDelayMax: 10_000,
  randomizationFactor: 0,
};

export class Asker {
  errors = [];
  counts = { cuts: 0, recovered: 0, anew: 0, goneOn: 0, closedAway: 0 };
  #streams = new Map(); // id → { text, live, closed }
  #session = { messages: new Set(), ends: new Set() }; // what it was sent, over its connections
  #plan; // of the round: where to cut, and for how long
  #last; // the stream that began last
  #away = false; // between `disconnect` and `connect`
  #leftovers = 0;
  #news = () => {};

  /**
   * @param id of the user
   * @param transports of the client
   * @param forget makes its client unable to ask for recovery
   * @param rounds to go through: `question`, `at`, the length of the text at which
   *   the connection is cut, and `away`, for how many milliseconds
   */
  constructor(url, { id, token, transports, forget, rounds }) {
    Object.assign(this, { id, forget, rounds });
    this.client = new Client(url, token, { ...options, transports });
    this.#listen(this.client.socket);
  }

  async run() {
    for (const round of this.rounds) {
      this.#plan = round;
      const { messageId } = await this.client.send("me", round.question);
      await this.#until(`an end of ${round.question}`, () => this.#reply(messageId));
      this.#returned(this.#reply(messageId)._id);
    }
    // A ping's answer stands behind all that was on its way.
    await this.client.socket.timeout(patienceMs).emitWithAck("ping");
  }

  /** What the user has in the end, oldest first. */
  account() {
    const messages = [...this.client.rooms.values()].flatMap((room) => [...room.messages.values()]);
    messages.sort((a, b) => a.seq - b.seq);
    const shown = messages.map(({ _id, seq, status, message }) => ({ _id, seq, status, message }));
    return { user: this.id, ...this.counts, leftovers: this.#leftovers, errors: this.errors, messages: shown };
  }

  // The closed reply to a question.
  #reply(question) {
    if (!this.client.online) return undefined;
    for (const { messages } of this.client.rooms.values()) {
      for (const m of messages.values()) if (m.replyTo === question) return m;
    }
    return undefined;
  }

  #listen(socket) {
    socket.on("connect", () => this.#connected(socket.recovered));
    socket.on("disconnect", () => {
      this.#away = true;
      for (const stream of this.#streams.values()) stream.live = false;
      if (this.forget) Object.assign(socket, { _pid: undefined, _lastOffset: undefined });
    });
    // What was still to be handled when the connection was lost, the official client
    // hands over when it is back, before `connect`: it is of the connection before.
    const strictly = (name, take) => {
      socket.on(name, (e) => (this.#away ? this.#leftovers++ : take(e)));
    };
    strictly("stream-start", (e) => this.#start(e));
    strictly("stream-token", (e) => this.#token(e));
    strictly("message", (e) => this.#message(e));
    strictly("stream-end", (e) => this.#end(e));
    socket.onAny(() => this.#news());
  }

  #connected(recovered) {
    this.#away = false;
    if (this.counts.cuts > 0) this.counts[recovered ? "recovered" : "anew"]++;
    if (!recovered) this.#session = { messages: new Set(), ends: new Set() };
  }

  #start({ messageId }) {
    const before = this.#streams.get(messageId);
    if (before?.live) this.#wrong(`${messageId} began twice over one connection`);
    if (before?.closed) this.#wrong(`${messageId} began again after its end`);
    this.#streams.set(messageId, { text: "", live: true, seen: before?.seen ?? "" });
    this.#last = messageId;
  }

  #token({ messageId, token, offset }) {
    const stream = this.#streams.get(messageId);
    if (!stream?.live) return this.#wrong(`a token of ${messageId}, which has not begun`);
    if (offset !== stream.text.length) {
      this.#wrong(`a token of ${messageId} at ${offset}, where ${stream.text.length} are known`);
    }
    stream.text = stream.text.slice(0, offset) + token;
    if (!stream.text.startsWith(stream.seen) && offset === 0) {
      this.#wrong(`came back to ${messageId} and got less than it had`);
    }
    if (messageId === this.#last && this.#plan && stream.text.length >= this.#plan.at) this.#cut(stream);
  }

  #cut(stream) {
    const { socket } = this.client;
    socket.io.reconnectionDelay(this.#plan.away);
    this.#plan = undefined;
    this.counts.cuts++;
    stream.seen = stream.text;
    const { engine } = socket.io;
    if (engine.transport.ws) engine.transport.ws.terminate();
    else engine.close();
  }

  #message({ _id, message, nonce }) {
    const { messages } = this.#session;
    if (messages.has(_id) && !nonce) this.#wrong(`message ${_id} came twice`); // with one it may be a retry's
    messages.add(_id);
    const stream = this.#streams.get(_id);
    if (!stream) return;
    if (stream.live && stream.text !== message) {
      this.#wrong(`${_id} was streamed as ${stream.text.length} code units and closed as ${message.length}`);
    }
    if (!message.startsWith(stream.seen)) this.#wrong(`${_id} has less than was seen of it`);
    stream.closed = true;
  }

  #end({ messageId, message, status }) {
    const { messages, ends } = this.#session;
    if (!messages.has(messageId)) this.#wrong(`the end of ${messageId} came before its message`);
    if (ends.has(messageId)) this.#wrong(`the end of ${messageId} came twice`);
    ends.add(messageId);
    const stream = this.#streams.get(messageId);
    if (stream?.live && stream.text !== message) this.#wrong(`the end of ${messageId} has another text`);
    if (status !== "complete") this.#wrong(`${messageId} ended ${status}`);
  }

  // Whether the reply went on when its user was back.
  #returned(id) {
    const stream = this.#streams.get(id);
    if (this.#plan) this.#wrong("was not cut off");
    else this.counts[stream.live ? "goneOn" : "closedAway"]++;
  }

  async #until(what, holds) {
    const end = Date.now() + patienceMs;
    while (!holds()) {
      if (Date.now() > end) throw new Error(`${this.id} waits for ${what}`);
      await new Promise((done) => {
        this.#news = done;
        setTimeout(done, 50);
      });
    }
  }

  #wrong(text) {
    this.errors.push(`${this.id}: ${text}`);
  }
}
