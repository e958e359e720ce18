// Connection state recovery with the official client: what is lost and recovered
// when connections break, and what nobody must get by it. Printed is what went
// wrong; "block" is printed where the test is to block carol.
import { createInterface } from "node:readline";
import { io } from "socket.io-client";

const { url, ops, tokens, rounds } = JSON.parse(process.argv[2]);
const errors = [];
const check = (ok, text) => ok || errors.push(text);
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const words = createInterface({ input: process.stdin });

function make(user, transports = ["websocket"]) {
  const socket = io(`${url}/chat`, {
    path: "/realtime/",
    auth: { token: tokens[user] },
    transports,
    forceNew: true,
    reconnection: false,
    autoConnect: false,
  });
  socket.log = [];
  socket.onAny((name, body) => socket.log.push({ name, ...body }));
  return socket;
}

// come connects a socket (again) and returns "recovered", "anew" or the refusal.
async function come(socket) {
  const outcome = new Promise((done) => {
    socket.once("connect", () => done(socket.recovered ? "recovered" : "anew"));
    socket.once("connect_error", (error) => done(error.data?.code ?? error.message));
  });
  socket.connect();
  const how = await outcome;
  if (socket.connected) await settle(socket);
  return how;
}

// settle returns once everything is here that was on its way.
const settle = (socket) => socket.emitWithAck("ping");

// Ways to lose a connection without a word to the namespace.
const cuts = {
  tcp: (socket) => socket.io.engine.transport.ws.terminate(),
  engine: (socket) => socket.io.engine.close(),
};

async function metric(name) {
  const text = await (await fetch(`http://${ops}/metrics`)).text();
  return Number(text.match(new RegExp(`^${name} (.*)$`, "m"))[1]);
}

// lose cuts the connection and waits until the server has noticed.
async function lose(socket, cut) {
  const before = await metric("parley_sessions_waiting");
  const down = new Promise((done) => socket.once("disconnect", done));
  cut(socket);
  await down;
  while ((await metric("parley_sessions_waiting")) === before);
}

const call = async (method, path, body) => {
  const headers = { authorization: `Bearer ${tokens.alice}`, "content-type": "application/json" };
  const answer = await fetch(`${url}${path}`, { method, headers, body: JSON.stringify(body) });
  const result = await answer.json();
  if (!answer.ok) throw new Error(`${path}: ${JSON.stringify(result)}`);
  return result;
};
const newRoom = async (...users) =>
  (await call("POST", "/chat/rooms", { roomName: "room", users: ["alice", ...users] })).roomId;

const alice = make("alice");
await come(alice);
const post = async (room, text = "hello") => {
  const ack = await alice.emitWithAck("message", room, text);
  check(ack.ok, `alice cannot post: ${ack.error?.message}`);
};

const messages = (socket, room) => socket.log.filter((e) => e.name === "message" && e.room === room);
const readies = (socket) => socket.log.filter(({ name }) => name === "ready");
function complete(socket, room, count, what) {
  const seqs = messages(socket, room).map(({ seq }) => seq);
  const want = Array.from({ length: count }, (_, i) => i + 1);
  check(seqs.join() === want.join(), `${what}: want 1 to ${count}, got ${seqs}`);
}

// Nothing is missing and nothing doubled, over many lost connections.
async function nothingLost(transports, cut) {
  const rooms = [await newRoom("bob"), await newRoom("bob")];
  const bob = make("bob", transports);
  await come(bob);
  let posted = 0;
  const postAll = async (n) => {
    for (; n > 0; n--, posted++) for (const room of rooms) await post(room);
  };
  for (let round = 0; round < rounds; round++) {
    await postAll(round % 3); // sometimes nothing has come before, sometimes nothing is missed
    await settle(bob);
    await lose(bob, cut);
    await postAll((round % 4) * 5);
    const meanwhile = postAll(5);
    const how = await come(bob);
    check(how === "recovered", `round ${round} over ${transports}: ${how}`);
    await meanwhile;
    await settle(bob);
    for (const room of rooms) complete(bob, room, posted, `round ${round} over ${transports}`);
  }
  check(readies(bob).length === 1, "a recovered session is not announced again");
  bob.disconnect();
}

// Who was removed meanwhile gets nothing of what came after.
async function nothingAfterRemoval() {
  const room = await newRoom("bob");
  const bob = make("bob");
  await come(bob);
  await post(room, "before");
  await settle(bob);
  await lose(bob, cuts.tcp);
  await post(room, "missed");
  await call("PUT", `/chat/rooms/${room}/removeUsers`, { users: ["bob"] });
  await post(room, "secret");
  const how = await come(bob);
  await post(room, "secret");
  await settle(bob);
  const got = messages(bob, room).map(({ message }) => message);
  check(!got.includes("secret"), `removed, came back ${how}, got ${got}`);
  const left = bob.log.some((e) => e.name === "room-left" && e.room === room);
  const named = room in (readies(bob).at(-1)?.rooms ?? {});
  check(how === "recovered" ? left : !named, `removed, came back ${how}, and does not know it`);
  bob.disconnect();
}

async function nothingWhenBlocked() {
  const room = await newRoom("carol");
  const carol = make("carol");
  await come(carol);
  await lose(carol, cuts.tcp);
  const done = new Promise((next) => words.once("line", next));
  say({ want: "block" });
  await done;
  await post(room, "secret");
  const how = await come(carol);
  check(how === "blocked", `a blocked user came back: ${how}`);
  check(messages(carol, room).length === 0, "a blocked user gets messages");
}

// Another's session is nobody's to take, and an attempt does not spoil it.
async function nobodyElse() {
  const room = await newRoom("bob");
  const bob = make("bob");
  await come(bob);
  await post(room);
  await settle(bob);
  await lose(bob, cuts.tcp);
  await post(room);
  for (const [pid, offset] of [
    ["forged", bob._lastOffset],
    [bob._pid, bob._lastOffset],
    [bob._pid, "0"],
  ]) {
    const mallory = make("mallory");
    Object.assign(mallory, { _pid: pid, _lastOffset: offset });
    const how = await come(mallory);
    check(how === "anew", `mallory with pid ${pid}: ${how}`);
    check(readies(mallory).length === 1, "mallory has no session of her own");
    check(messages(mallory, room).length === 0, "mallory reads what bob missed");
    mallory.disconnect();
  }
  check((await come(bob)) === "recovered", "bob's session was spoilt by another");
  complete(bob, room, 2, "after an attempt by another");

  // One's own session, but a place in it that never was.
  await lose(bob, cuts.tcp);
  bob._lastOffset = "forged";
  check((await come(bob)) === "anew", "a forged offset was recovered");
  check(readies(bob).length === 2, "bob has no new session");
  bob.disconnect();
}

await nothingLost(["websocket"], cuts.tcp);
await nothingLost(["websocket"], cuts.engine);
await nothingLost(["polling"], cuts.engine);
await nothingLost(["polling", "websocket"], cuts.engine);
await nothingAfterRemoval();
await nothingWhenBlocked();
await nobodyElse();
alice.disconnect();
words.close();
say({ errors });
