// Users of the cursor-keeping client who post all the time, while the nodes that
// they are balanced over come and go. The test asks for one thing at a time, with a
// word on a line, and is answered with a JSON object.
import { createInterface } from "node:readline";
import { Client } from "./client.js";

const { url, users, every } = JSON.parse(process.argv[2]);

const patienceMs = 55_000;
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const errors = [];
const posts = [];
let waiting = 0;
let posting = true;

const all = users.map((user) => ({ ...user, client: new Client(url, user.token, { forceNew: true, transports: user.transports }) }));

let longest = 0; // without service, in milliseconds
for (const { client } of all) {
  let lost;
  client.socket.on("disconnect", () => (lost = Date.now()));
  const found = () => {
    if (lost) longest = Math.max(longest, Date.now() - lost);
    lost = undefined;
  };
  client.socket.on("ready", found);
  client.socket.on("connect", () => client.socket.recovered && found());
}

async function until(what, holds) {
  for (const end = Date.now() + patienceMs; !holds(); await pause(20)) {
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
  }
}

async function talk({ id, rooms, client }) {
  for (let n = 1; posting; n++) {
    const room = rooms[n % rooms.length];
    waiting++;
    client
      .send(room, `${id} says ${n}`)
      .then(({ messageId, seq }) => posts.push({ id: messageId, seq }))
      .catch((error) => errors.push(`${id} cannot post: ${error.message}`))
      .finally(() => waiting--);
    await pause(every * (0.5 + Math.random()));
  }
}

const settled = () => all.every(({ client }) => client.online && [...client.rooms.values()].every(({ live }) => live));

const deeds = {
  async connected() {
    await until("all to be connected", settled);
    all.forEach(talk);
  },
  /** Ends the posting: everything is acknowledged, everybody has caught up. */
  async rest() {
    posting = false;
    await until("all posts to be acknowledged", () => waiting === 0);
    await until("all to be back", settled);
    return { posts, longest };
  },
  /** What everybody sees. */
  async look() {
    const views = all.map(({ id, client }) => [id, Object.fromEntries([...client.rooms].map(([room, { messages }]) => [room, shown(messages)]))]);
    return { views: Object.fromEntries(views) };
  },
};

// A message comes as an event, or as `sync` lists it.
const shown = (messages) =>
  [...messages.values()].map(({ _id, seq, sender, senderUser, nonce, message, status }) => ({
    _id,
    seq,
    senderUser: senderUser ?? sender,
    nonce,
    message,
    status,
  }));

for await (const what of createInterface({ input: process.stdin })) {
  let answer;
  try {
    answer = await deeds[what]();
  } catch (error) {
    errors.push(`${what}: ${error.message}`);
  }
  process.stdout.write(`${JSON.stringify({ did: what, ...answer, errors: errors.splice(0) })}\n`);
}
process.exit(0);
