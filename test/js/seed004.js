// What a reader of Conduit's chat tutorial writes, who has nothing else: the
// tutorial's requests with their headers as printed, then Socket.IO as Postman
// does it. Nothing here is known from anywhere else; what the tutorial leaves
// open is either checked in the likeliest reading or tried, and printed as
// `readings`. The last line on standard output is
//
//   {"failed": [...], "readings": {...}, "passed": [...]}
//
// and the exit status is 0 if nothing failed. The argument is JSON: `http` and
// `socket`, the two addresses; `users`, seven {id, token} who exist, or they are
// registered; `strangers`, whether ids that nobody has are expected to be taken.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { request } from "node:http";
import { isDeepStrictEqual } from "node:util";
import { io } from "socket.io-client";

const given = JSON.parse(process.argv[2] ?? "{}");
const httpUrl = given.http ?? "http://localhost:3000";
const socketUrl = given.socket ?? "http://localhost:3001";
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

/** What came of something on which the tutorial is silent. */
const reading = async (name, run) => {
  readings[name] = await run().catch((error) => `failed: ${error.message}`);
};

// --- HTTP, byte by byte as curl sends it -------------------------------------

const send = (method, path, headers, body) =>
  new Promise((resolve, reject) => {
    const options = { method, headers: { ...headers, "Content-Length": Buffer.byteLength(body) }, timeout: patience };
    const req = request(httpUrl + path, options, (res) => {
      let text = "";
      res.setEncoding("utf8");
      res.on("data", (part) => (text += part));
      res.on("error", reject);
      res.on("end", () => {
        let json;
        try {
          json = JSON.parse(text);
        } catch {
          json = undefined;
        }
        resolve({ status: res.statusCode, text, json });
      });
    });
    req.on("timeout", () => req.destroy(new Error(`${method} ${path}: no answer`)));
    req.on("error", reject);
    req.end(body);
  });

const json = { "Content-Type": "application/json", Accept: "application/json" };
const masterkey = { masterkey: "M4ST3RK3Y" };
// As printed: with quotes around the token, and once with a space behind them.
const printedWithSpace = (token) => ({ Authorization: `Bearer "${token}" ` });
const printed = (token) => ({ Authorization: `Bearer "${token}"` });
const plain = (token) => ({ Authorization: `Bearer ${token}` });

const createRoom = (headers, users, roomName = "Conduit Users") =>
  send("POST", "/chat/rooms", { ...json, ...headers }, `{\n"roomName": ${JSON.stringify(roomName)},\n"users": ${JSON.stringify(users)}\n}`);
const addUsers = (headers, room, users) =>
  send("PUT", `/chat/rooms/${room}/addUsers`, { ...json, ...headers }, `{\n"users": ${JSON.stringify(users)}\n}`);
const leave = (headers, room) => send("PUT", `/chat/leave/${room}`, { ...json, ...headers }, "");

const answers = (res, body) => {
  assert.equal(res.status, 200, `status ${res.status}, the tutorial's request was refused: ${res.text}`);
  assert.deepEqual(res.json, body, `the answer is not the tutorial's: ${res.text}`);
};
/** A refusal that a reader can act on: a 4xx with a text. */
const refuses = (res, ...statuses) => {
  const expected = statuses.length > 0 ? statuses.includes(res.status) : res.status >= 400 && res.status < 500;
  assert.ok(expected, `expected a refusal ${statuses}, got ${res.status} ${res.text}`);
  assert.equal(typeof res.json?.message, "string", `the refusal says nothing: ${res.text}`);
};
const newRoom = async (creator, ...users) => {
  const res = await createRoom(plain(creator.token), users.map(({ id }) => id));
  assert.equal(res.status, 200, `no room for the next check: ${res.text}`);
  return res.json.roomId;
};

// --- Socket.IO, as Postman does it -------------------------------------------

const open = [];

/** A connection with everything that arrived on it, and a way to wait for more. */
class Listener {
  log = [];
  #waiting = new Set();

  constructor(headers, options) {
    const { url = `${socketUrl}/chat/`, ...others } = options;
    this.socket = io(url, {
      path: "/realtime",
      extraHeaders: headers,
      forceNew: true,
      reconnection: false,
      ...others,
    });
    open.push(this);
    this.socket.onAny((name, ...args) => {
      this.log.push({ name, args });
      for (const look of this.#waiting) look();
    });
  }

  /** Waits for the first arrival that fits, which may have come before. */
  wait(what, fits) {
    let look;
    return within(`did not hear ${what}`, (resolve) => {
      look = () => {
        const found = this.log.find(fits);
        if (found) resolve(found);
      };
      this.#waiting.add(look);
      look();
    }).finally(() => this.#waiting.delete(look));
  }

  hears(text) {
    return this.wait(JSON.stringify(text), ({ args }) => carries(args, text));
  }

  heard(text) {
    return this.log.filter(({ args }) => carries(args, text)).length;
  }

  /** Two args, as in Postman's composer, whose event is `message` if none is named. */
  post(room, text) {
    this.socket.emit("message", room, text);
  }

  postForAck(room, text) {
    return this.socket.timeout(patience).emitWithAck("message", room, text);
  }

  /** How much has arrived, once everything that was under way is here: an ack comes behind it. */
  async mark() {
    await this.postForAck("6390b1808c52d0b5a436a429", "into nowhere");
    return this.log.length;
  }

  since(mark, what) {
    return this.wait(what, (arrival) => this.log.indexOf(arrival) >= mark);
  }
}

const within = (what, run) =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${what} within ${patience} ms`)), patience);
    const settle = (end) => (value) => (clearTimeout(timer), end(value));
    run(settle(resolve), settle(reject));
  });

/** Whether an argument is this value or an object that has it. */
const carries = (args, value) =>
  args.some((arg) => arg === value || (arg !== null && typeof arg === "object" && Object.values(arg).includes(value)));

// Connected is who has been greeted: the server's first event, of which the
// tutorial says nothing, is there at once, but a message that another sends in the
// moment between the two is not heard live.
const connect = async (headers, options = {}) => {
  const listener = new Listener(headers, options);
  await within("not connected", (resolve, reject) => {
    listener.socket.once("connect", resolve);
    listener.socket.once("connect_error", reject);
  });
  await listener.since(0, "the server's greeting");
  return listener;
};
const connectRefused = (headers, options = {}) => {
  const { socket } = new Listener(headers, options);
  return within("neither connected nor refused", (resolve, reject) => {
    socket.once("connect_error", resolve);
    socket.once("connect", () => reject(new Error("connected")));
  });
};
const eachTransport = [["polling"], ["websocket"], ["polling", "websocket"]];

// --- The users, of whom the tutorial says that they exist --------------------

const register = async (name) => {
  const body = JSON.stringify({ username: `${name}-${randomUUID().slice(0, 8)}`, password: randomUUID() });
  const { status, text, json: answer } = await send("POST", "/auth/register", json, body);
  if (typeof answer?.token !== "string") throw new Error(`no account: ${status} ${text}`);
  const claims = JSON.parse(Buffer.from(answer.token.split(".")[1], "base64url"));
  return { id: claims.sub, token: answer.token };
};
const names = ["ada", "ben", "cy", "dee", "eve", "fay", "gus"];
const [ada, ben, cy, dee, eve, fay, gus] = given.users ?? (await Promise.all(names.map(register)));
const wrong = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhZGEifQ.c2lnbmVkIGJ5IG5vYm9keQ";

// --- Create a room as user ---------------------------------------------------

// ben is online before there is a room, cy comes later.
const benEarly = await connect(plain(ben.token));

let room;
await check("a user makes a room with two others, headers as printed", async () => {
  const res = await createRoom(printedWithSpace(ada.token), [ben.id, cy.id]);
  assert.equal(res.status, 200, `status ${res.status}: ${res.text}`);
  assert.equal(typeof res.json?.roomId, "string", `no roomId: ${res.text}`);
  assert.notEqual(res.json.roomId, "", "the roomId is empty");
  assert.deepEqual(Object.keys(res.json), ["roomId"], `the answer has more than a roomId: ${res.text}`);
  room = res.json.roomId;
});
await check("a room is made with a plain token as well", async () => {
  assert.notEqual(await newRoom(ada, ben), room, "two rooms have one id");
});
await check("a room is made with the masterkey header that the other requests have", async () => {
  const res = await createRoom({ ...masterkey, ...printed(ada.token) }, [ben.id]);
  assert.equal(res.status, 200, res.text);
});
await check("two rooms may have one name", async () => {
  const res = await createRoom(printed(ada.token), [ben.id], "Conduit Users");
  assert.equal(res.status, 200, res.text);
});
await check("a room is refused without a token", async () => refuses(await createRoom({}, [ben.id]), 401));
await check("a room is refused with the placeholder for a token", async () =>
  refuses(await createRoom(printedWithSpace("userAccessToken"), [ben.id]), 401));
await check("a room is refused with a token that nobody signed", async () =>
  refuses(await createRoom(printedWithSpace(wrong), [ben.id]), 401));
await check("a room is refused with the masterkey alone", async () => refuses(await createRoom(masterkey, [ben.id]), 401));
if (given.strangers) {
  await reading("a room with users whom nobody knows", async () => {
    const { status, text } = await createRoom(printed(ada.token), ["participantUserId1", "participantUserId2"]);
    return `${status} ${text}`;
  });
} else {
  await check("a room is refused with the placeholders for users, and they are named", async () => {
    const res = await createRoom(printedWithSpace(ada.token), ["participantUserId1", "participantUserId2"]);
    refuses(res);
    assert.match(res.text, /participantUserId1.*participantUserId2/, "the unknown users are not named");
  });
  await check("a room is refused with one user unknown among known ones", async () =>
    refuses(await createRoom(printed(ada.token), [ben.id, "participantUserId2"])));
}
for (const [name, body] of [
  ["the creator among the users", { roomName: "Conduit Users", users: [ada.id, ben.id] }],
  ["one user twice", { roomName: "Conduit Users", users: [ben.id, ben.id] }],
  ["nobody else", { roomName: "Conduit Users", users: [] }],
  ["no users field", { roomName: "Conduit Users" }],
  ["no name", { users: [ben.id] }],
]) {
  await reading(`a room with ${name}`, async () => {
    const res = await send("POST", "/chat/rooms", { ...json, ...plain(ada.token) }, JSON.stringify(body));
    return `${res.status} ${res.text}`;
  });
}

// --- Send message: the connection --------------------------------------------

for (const transports of eachTransport) {
  const over = `over ${transports.join(" then ")}`;
  for (const path of ["/realtime", "/realtime/"]) {
    await check(`connects to /chat/ with handshake path ${path} ${over}`, () =>
      connect(plain(ada.token), { path, transports }));
  }
  await check(`connects with the bare token for an Authorization header ${over}`, () =>
    connect({ Authorization: ada.token }, { transports }));
  await check(`connects with the quotes around the token ${over}`, () =>
    connect(printedWithSpace(ada.token), { transports }));
  await check(`connects with a small authorization header ${over}`, () =>
    connect({ authorization: `Bearer ${ada.token}` }, { transports }));
  await check(`connects to /chat without its last slash ${over}`, () =>
    connect(plain(ada.token), { transports, url: `${socketUrl}/chat` }));
  await check(`connects with no slash behind the handshake path ${over}`, () =>
    connect(plain(ada.token), { transports, addTrailingSlash: false }));
  for (const [how, headers] of [
    ["without a token", {}],
    ["with the placeholder for a token", printedWithSpace("userAccessToken")],
    ["with a token that nobody signed", plain(wrong)],
    ["with Bearer and nothing behind it", { Authorization: "Bearer" }],
    ["with the masterkey alone", masterkey],
  ]) {
    await check(`is refused ${how} ${over}, and told why`, async () => {
      const { message } = await connectRefused(headers, { transports });
      assert.match(message, /auth|token/i, `the refusal does not speak of the token: ${message}`);
    });
  }
}
await reading("connecting to the URL without /chat/", async () =>
  (await connectRefused(plain(ada.token), { url: `${socketUrl}/` })).message);
await reading("connecting without the handshake path", async () => {
  const { message, description } = await connectRefused(plain(ada.token), { path: undefined, transports: ["polling"] });
  return `${message} ${description ?? ""}`;
});
await reading("both ports are one: the socket on the HTTP address", async () => {
  await connect(plain(ada.token), { url: `${httpUrl}/chat/` });
  return "connects";
});

// --- Send message: two args --------------------------------------------------

const byTransport = (transports, user) => connect(plain(user.token), { transports });
const adaHere = await connect(printed(ada.token));
const benHere = await byTransport(["websocket"], ben);
const cyHere = await byTransport(["polling"], cy);
const fayHere = await byTransport(["websocket"], fay); // who is never a participant

const everyone = [
  ["the sender", adaHere],
  ["ben, who was online before the room", benEarly],
  ["ben's other connection", benHere],
  ["cy, over polling", cyHere],
];
const texts = [
  "Hello, Conduit Users!",
  "  two spaces before and behind  ",
  'ζωντανή συνομιλία 💬 "quoted" \\ </script>',
  "a line\nand another",
  '{"looks": "like JSON"}',
  "x".repeat(3000),
];
for (const text of texts) {
  const name = JSON.stringify(text.length > 60 ? `${text.slice(0, 20)}… (${text.length})` : text);
  await check(`everyone in the room hears ${name} with who sent it and where`, async () => {
    adaHere.post(room, text);
    for (const [who, listener] of everyone) {
      const { args } = await listener.hears(text).catch((error) => {
        throw new Error(`${who} ${error.message}; the sender has ${JSON.stringify(adaHere.log.at(-1)).slice(0, 300)}`);
      });
      assert.ok(carries(args, room), `${who} is not told the room: ${JSON.stringify(args)}`);
      assert.ok(carries(args, ada.id), `${who} is not told the sender: ${JSON.stringify(args)}`);
    }
  });
}
await check("what arrives is the event that was sent, once on each connection", async () => {
  for (const [who, listener] of everyone) {
    const { name } = await listener.hears(texts[0]);
    assert.equal(name, "message", `${who} hears it by another name`);
    assert.equal(listener.heard(texts[0]), 1, `${who} hears it ${listener.heard(texts[0])} times`);
  }
});
await check("the other participants can write as well", async () => {
  for (const [who, listener, id] of [
    ["ben", benHere, ben.id],
    ["cy", cyHere, cy.id],
  ]) {
    const text = `${who} writes`;
    listener.post(room, text);
    assert.ok(carries((await adaHere.hears(text)).args, id), `it is not told that ${who} wrote`);
  }
});
await check("a text that is sent twice arrives twice, in order with the others", async () => {
  for (const text of ["again", "again", "behind the two"]) adaHere.post(room, text);
  await benHere.hears("behind the two");
  assert.equal(benHere.heard("again"), 2, `"again" was heard ${benHere.heard("again")} times`);
});
await check("with Postman's acknowledgement box ticked there is an ack", async () => {
  const ack = await adaHere.postForAck(room, "please confirm");
  readings["the ack of a message"] = JSON.stringify(ack);
  await benHere.hears("please confirm");
});

/** Posts what must not arrive, and then what must, behind which it would have come. */
const notDelivered = async (poster, text, listeners) => {
  const mark = await poster.mark();
  poster.post(room, text);
  const sign = await poster.since(mark, "a refusal");
  assert.notEqual(sign.name, "message", `the sender hears a message: ${JSON.stringify(sign)}`);
  const fence = `behind ${text}`;
  adaHere.post(room, fence);
  for (const listener of listeners) {
    await listener.hears(fence);
    assert.equal(listener.heard(text), 0, "it was delivered");
  }
  return sign;
};
await check("who is in no room cannot write there, is told, and hears nothing", async () => {
  const sign = await notDelivered(fayHere, "an outsider writes", [adaHere, benHere, cyHere]);
  readings["writing into another's room"] = JSON.stringify(sign);
  assert.equal(fayHere.heard(texts[0]), 0, "the outsider hears the room");
});
await check("the ack of a refused message is not that of an accepted one", async () => {
  const refused = await fayHere.postForAck(room, "an outsider asks for an ack");
  const accepted = await adaHere.postForAck(room, "a participant asks for an ack");
  readings["the ack of a refused message"] = JSON.stringify(refused);
  const keys = (ack) => Object.keys(ack ?? {}).sort();
  assert.ok(!isDeepStrictEqual(keys(refused), keys(accepted)), `${JSON.stringify(refused)} is no refusal`);
});
await check("a message into a room that is not there is refused", async () => {
  const mark = await adaHere.mark();
  adaHere.post("6390b1808c52d0b5a436a429", "into nowhere");
  const sign = await adaHere.since(mark, "a refusal");
  assert.notEqual(sign.name, "message", JSON.stringify(sign));
});
for (const [name, ...args] of [
  ["one arg alone, the room", "message", room],
  ["one arg alone, the text", "message", "no room"],
  ["an empty text", "message", room, ""],
  ["a number for a text, as Postman's JSON args make it", "message", room, 42],
  ["the room with the quotes around it", "message", `"${room}"`, "quoted room"],
  ["the two in the wrong order", "message", "wrong order", room],
  ["an event of another name", "newMessage", room, "another event"],
  ["a third arg", "message", room, "a third arg", "more"],
  ["a text with NUL", "message", room, "a\u0000b"],
]) {
  await reading(`sending ${name}`, async () => {
    const mark = await adaHere.mark();
    adaHere.socket.emit(...args);
    const first = await adaHere.since(mark, "anything");
    const more = (await adaHere.mark()) - mark - 1;
    return `${JSON.stringify([first.name, ...first.args]).slice(0, 300)}${more > 0 ? ` and ${more} more` : ""}`;
  });
}

// --- Add users in a chat room ------------------------------------------------

const deeHere = await byTransport(["polling", "websocket"], dee); // online before she is added
await check("users are added, headers as printed", async () =>
  answers(await addUsers({ ...masterkey, ...printed(ada.token) }, room, [dee.id, eve.id]), { result: "Users added" }));
await check("who is added while online hears the room and writes there", async () => {
  adaHere.post(room, "welcome");
  await deeHere.hears("welcome");
  deeHere.post(room, "thank you");
  for (const listener of [adaHere, benHere, cyHere]) await listener.hears("thank you");
});
await check("who is added before connecting hears the room and writes there", async () => {
  const eveHere = await byTransport(["websocket"], eve);
  adaHere.post(room, "welcome, eve");
  await eveHere.hears("welcome, eve");
  eveHere.post(room, "thank you too");
  await deeHere.hears("thank you too");
  assert.equal(eveHere.heard("welcome"), 0, "a connection hears live what was before it");
});
await check("users are added without the masterkey", async () => {
  const other = await newRoom(ada, ben);
  answers(await addUsers(plain(ada.token), other, [cy.id]), { result: "Users added" });
});
await check("users are added whatever the masterkey is, since the route is a user's", async () => {
  const other = await newRoom(ada, ben);
  answers(await addUsers({ masterkey: "another", ...plain(ada.token) }, other, [cy.id]), { result: "Users added" });
});
await check("adding is refused without a token", async () => refuses(await addUsers(masterkey, room, [fay.id]), 401));
await check("adding is refused with the placeholder for a token", async () =>
  refuses(await addUsers({ ...masterkey, ...printed("userAccessToken") }, room, [fay.id]), 401));
await check("adding to a room that is not there is refused", async () =>
  refuses(await addUsers({ ...masterkey, ...printed(ada.token) }, "roomId", [fay.id]), 404));
await check("who is not in the room cannot add", async () =>
  refuses(await addUsers({ ...masterkey, ...printed(fay.token) }, room, [fay.id]), 403, 404));
await check("who is not in the room is still not there", async () => {
  await notDelivered(fayHere, "I added myself", [adaHere, deeHere]);
});
if (given.strangers) {
  await reading("adding users whom nobody knows", async () => {
    const { status, text } = await addUsers(printed(ada.token), room, ["someUserId1", "someUserId2"]);
    return `${status} ${text}`;
  });
} else {
  await check("adding the placeholders for users is refused, and they are named", async () => {
    const res = await addUsers({ ...masterkey, ...printed(ada.token) }, room, ["someUserId1", "someUserId2"]);
    refuses(res);
    assert.match(res.text, /someUserId1.*someUserId2/, "the unknown users are not named");
  });
  await check("adding one known and one unknown user is refused, and adds nobody", async () => {
    refuses(await addUsers(printed(ada.token), room, [gus.id, "someUserId2"]));
    await notDelivered(await byTransport(["websocket"], gus), "I am half added", [adaHere]);
  });
}
await reading("adding who is in the room already", async () => {
  const { status, text } = await addUsers(printed(ada.token), room, [dee.id]);
  return `${status} ${text}`;
});
await reading("adding one who is in the room and one who is not", async () => {
  const other = await newRoom(ada, ben);
  const { status, text } = await addUsers(printed(ada.token), other, [ben.id, cy.id]);
  return `${status} ${text}`;
});
await reading("a participant who did not make the room adds", async () => {
  const other = await newRoom(ada, ben);
  const { status, text } = await addUsers(printed(ben.token), other, [cy.id]);
  return `${status} ${text}`;
});
await reading("the room id in its braces, sent as %7B and %7D", async () => {
  const { status, text } = await addUsers(printed(ada.token), `%7B${room}%7D`, [gus.id]);
  return `${status} ${text}`;
});

// --- Leaving a room ----------------------------------------------------------

const side = await newRoom(ada, dee); // shows when dee has heard everything
await check("a user leaves a room, headers as printed and no body", async () =>
  answers(await leave({ ...masterkey, ...printed(dee.token) }, room), { result: "Ok" }));
await check("who has left hears the room no more on an open connection, the others do", async () => {
  await adaHere.postForAck(room, "dee is gone");
  for (const listener of [adaHere, benHere, cyHere]) await listener.hears("dee is gone");
  adaHere.post(side, "aside");
  await deeHere.hears("aside");
  assert.equal(deeHere.heard("dee is gone"), 0, "she hears it");
});
await check("who has left cannot write there, and is told", async () => {
  const sign = await notDelivered(deeHere, "dee writes after leaving", [adaHere, benHere, cyHere]);
  readings["writing after leaving"] = JSON.stringify(sign);
});
await check("who has left cannot write there from a new connection", async () => {
  await notDelivered(await byTransport(["polling"], dee), "dee comes back to write", [adaHere, benHere]);
});
await check("leaving twice is refused", async () =>
  refuses(await leave({ ...masterkey, ...printed(dee.token) }, room), 400, 403, 404));
await check("leaving the tutorial's own room, which is not here, is refused", async () =>
  refuses(await leave({ ...masterkey, ...printed(ada.token) }, "6390b1808c52d0b5a436a429"), 404));
await check("leaving a room in which one never was is refused", async () =>
  refuses(await leave(printed(fay.token), room), 403, 404));
await check("leaving is refused without a token", async () => refuses(await leave(masterkey, room), 401));
await check("leaving is refused with the placeholder for a token", async () =>
  refuses(await leave({ ...masterkey, ...printed("userAccessToken") }, room), 401));
await check("who has left cannot add anyone", async () =>
  refuses(await addUsers(printed(dee.token), room, [gus.id]), 403, 404));
await check("who has left can be added again, and hears the room again", async () => {
  answers(await addUsers({ ...masterkey, ...printed(ada.token) }, room, [dee.id]), { result: "Users added" });
  adaHere.post(room, "dee is back");
  await deeHere.hears("dee is back");
});
await check("the room goes on when its creator leaves", async () => {
  answers(await leave(printed(ada.token), room), { result: "Ok" });
  benHere.post(room, "without its creator");
  await cyHere.hears("without its creator");
  assert.equal(adaHere.heard("without its creator"), 0, "the creator hears it");
});
await check("everyone may leave, the last one too", async () => {
  for (const { token } of [ben, cy, dee, eve]) answers(await leave(printed(token), room), { result: "Ok" });
});
await check("nobody is in the room that all have left", async () =>
  refuses(await addUsers(printed(ada.token), room, [ada.id]), 403, 404));

for (const { socket } of open) socket.disconnect();
process.stdout.write(`${JSON.stringify({ failed, readings, passed })}\n`);
process.exitCode = failed.length > 0 ? 1 : 0;
