// Several clients send without a pause while the test kills and restarts the
// server. One more watches, goes away in the middle, and comes back from what it
// had saved. At the word "finish" the sending ends; when everything is
// acknowledged and everybody has everything, all that was seen is printed.
import { createInterface } from "node:readline";
import { Client } from "./client.js";

const { url, room, senders, watcher, window } = JSON.parse(process.argv[2]);
const options = {
  forceNew: true,
  reconnectionDelay: 50,
  reconnectionDelayMax: 200,
};
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

let finished = false;
let sent = 0;
let acked = 0;
let retried = 0;
let draining = 0;
const acks = [];

function begin({ id, token, transports }) {
  const client = new Client(url, token, { ...options, transports });
  client.user = id;
  client.socket.on("disconnect", () => (retried += client.outbox.size));
  client.socket.on("draining", () => draining++);
  return client;
}

// lane keeps one message of the client under way.
async function lane(client) {
  while (!finished) {
    const text = `${client.user} ${++sent}`;
    const { messageId, seq, cursor } = await client.send(room, text);
    acks.push({ user: client.user, text, messageId, seq, cursor });
    if (++acked % 10 === 0) say({ acked, online: clients.filter(({ online }) => online).length });
  }
}

async function until(holds) {
  while (!holds()) await new Promise((done) => setTimeout(done, 20));
}

const messagesOf = (client) => client.rooms.get(room)?.messages ?? new Map();

let watching = begin(watcher);
async function comeAndGo() {
  await until(() => messagesOf(watching).size > 20);
  const saved = JSON.stringify(watching.save());
  watching.close();
  await until(() => finished);
  watching = new Client(url, watcher.token, { ...options, saved: JSON.parse(saved) });
  watching.user = watcher.id;
}

const words = createInterface({ input: process.stdin });
words.on("line", (word) => {
  if (word === "finish") finished = true;
});
const clients = senders.map(begin);
const lanes = clients.flatMap((client) => Array.from({ length: window }, () => lane(client)));
await Promise.all([...lanes, comeAndGo()]);

const all = () => [...clients, watching];
await until(() => all().every((client) => messagesOf(client).size >= acks.length));
const views = all().map((client) => ({
  user: client.user,
  messages: [...messagesOf(client).values()]
    .sort((a, b) => a.seq - b.seq)
    .map(({ _id, seq }) => ({ _id, seq })),
}));
for (const client of all()) client.close();
say({ acked, retried, draining, acks, views });
words.close();
