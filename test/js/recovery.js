// Readers that are cut off, and writers who post, edit and delete meanwhile. The
// test breaks the network and the server; it asks for one thing at a time, with a
// JSON object on a line, and is answered with one. What went wrong so far stands
// in every answer.
import { createInterface } from "node:readline";
import { Reader } from "./recovery/reader.js";
import { World } from "./recovery/world.js";

const { url, proxied, seed, rooms, writers, readers } = JSON.parse(process.argv[2]);

const world = new World(url, seed, rooms, writers);
const all = readers.map((reader) => new Reader(proxied, reader, world));
world.readers = all;

const deeds = {
  /** Waits until everybody is connected and behind with nothing; says how they came. */
  async settled() {
    await world.settled();
    await world.until("all readers to be back", () => all.every((reader) => reader.settled));
    return { connects: all.flatMap((reader) => reader.takeConnects()) };
  },
  /** Waits until no reader is connected. */
  async offline() {
    await world.until("all readers to notice", () => all.every(({ client }) => !client.online));
  },
  /** Lets the writers go on and waits for some of what they do. */
  async write({ count }) {
    world.write();
    const end = world.done + count;
    await world.until(`${count} writes`, () => world.done >= end);
  },
  /** Ends the writing: everything sent is answered. */
  rest: () => world.rest(),
  prepare: () => world.prepare(),
  away: () => world.away(),
  /** Posts more than a session that waits for its client may hold. */
  async flood() {
    await world.flood();
    for (const reader of all) reader.overrun = true;
  },
  /** The server has ended: what began before is not to be recovered. */
  async ended() {
    for (const reader of all) reader.ended = true;
  },
  /** A backup is taken of what is known now. */
  remember: async () => world.remember(),
  /** The backup has taken the place of what came after it. */
  restored: async () => world.restored(),
  /** What the readers see, and what the server has said is stored. */
  async look() {
    await Promise.all(all.map((reader) => reader.ping()));
    return { views: all.map((reader) => reader.view()), model: world.model() };
  },
  /** Where the first reader stands. */
  cursors: async () => ({ cursors: all[0].cursors() }),
};

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const words = createInterface({ input: process.stdin });
for await (const line of words) {
  const { what, ...more } = JSON.parse(line);
  let answer;
  try {
    answer = await deeds[what](more);
  } catch (error) {
    world.wrong(`${what}: ${error.message}`);
  }
  say({ did: what, ...answer, errors: world.errors.splice(0) });
}
