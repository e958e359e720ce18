// A bot that takes part in rooms.
//
//   PARLEY_TOKEN=... node bot.js [--url http://localhost:3000] [--state bot-state.json]
//
// It has nothing to do to be in a room: whoever adds it has it there. It answers
// what begins with its name ("@bot time"), each question once: not what it says
// itself, not what was said before it came, but all that was said while it was
// away, however its connection, the server or the bot itself ended.
//
// Three things make it so:
//   - a room's position moves only once everything before it is dealt with;
//   - after a new connection `sync` gives what came since that position;
//   - an answer's nonce is made of the question's id, so that the answer that is
//     given again is the same message.
import { parseArgs } from 'node:util';
import { io } from 'socket.io-client';
import { answer } from './answer.js';
import { Positions } from './positions.js';

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: 'http://localhost:3000' },
    state: { type: 'string', default: `${import.meta.dirname}/bot-state.json` },
  },
});
const positions = new Positions(values.state);
const socket = io(`${values.url}/chat`, {
  path: '/realtime/',
  auth: { token: process.env.PARLEY_TOKEN },
});

let me; // the bot's user, from the first `ready`
let work = Promise.resolve();

// One thing at a time, in the order in which it came: a message that arrives
// during a sync waits for it, so that no position moves ahead of a gap.
function queue(task) {
  work = work.then(task).catch(stop);
}

socket.on('ready', ({ user, rooms }) => {
  me = user;
  console.log(`${me._id} is connected`);
  queue(() => catchUp(rooms));
});

// A room begins for the bot where it first hears it.
socket.on('room-joined', async ({ room, roomName }) => {
  console.log(`in "${roomName}"`);
  const ack = await call('connectToRoom', room);
  queue(() => {
    if (ack.ok && !positions.has(room)) positions.begin(room, ack.cursor, ack.seq);
  });
});
for (const end of ['room-left', 'room-deleted']) {
  socket.on(end, ({ room }) => queue(() => positions.forget(room)));
}

socket.on('message', (message) => {
  const { room, cursor, seq } = message;
  queue(async () => {
    // Where it is the room's first: all before it was there before the bot.
    if (!positions.has(room)) positions.begin(room, '', seq - 1);
    await reply(message);
    positions.move(room, cursor, seq);
  });
});

// reply answers a message that is addressed to the bot. Live messages name their
// sender `sender`, those of `sync` `senderUser`.
async function reply({ _id, room, sender, senderUser = sender, message, deleted }) {
  if (deleted || senderUser === me._id) return;
  const question = addressed(message);
  if (question === undefined) return;
  const ack = await call('message', room, {
    contentType: 'text',
    content: await found(question),
    replyTo: _id,
    nonce: `answer:${_id}`,
  });
  // The question was deleted, or the bot is out of the room: nobody waits.
  if (!ack.ok) console.error(`no answer to ${_id}: ${ack.error.message}`);
}

// found is the answer, or that there is none: a question that cannot be answered
// must not be the bot's end, over and over.
async function found(question) {
  try {
    return await answer(question);
  } catch (error) {
    console.error(`${question}: ${error.message}`);
    return 'I could not find out. Ask me again later.';
  }
}

// addressed returns what follows the bot's name, if a text begins with it.
function addressed(text) {
  const [name, ...rest] = text.trim().split(/\s+/);
  const names = [me._id, me.name].map((one) => `@${one}`.toLowerCase());
  return names.includes(name.toLowerCase()) ? rest.join(' ') : undefined;
}

// catchUp deals with what was said since each room's position. heads are the
// rooms' states as of this connection: there begins what the bot did not know.
async function catchUp(heads) {
  for (const [room, cursor] of Object.entries(heads)) {
    if (!positions.has(room)) await begin(room, cursor);
  }
  let behind = positions.cursors();
  while (Object.keys(behind).length > 0) {
    const { ok, rooms, error } = await call('sync', { rooms: behind });
    if (!ok) throw new Error(`sync: ${error.message}`);
    const rest = {};
    for (const room of Object.keys(behind)) {
      if (await takeChanges(room, rooms[room])) rest[room] = positions.cursor(room);
    }
    behind = rest;
  }
}

// takeChanges takes one room's answer to `sync`, and tells whether there is more.
async function takeChanges(room, { messages = [], cursor, more, resync, gone }) {
  if (gone || resync) {
    // Resync: the server was restored from a backup, the position means nothing.
    positions.forget(room);
    if (resync) await begin(room);
    return false;
  }
  for (const message of messages) {
    // An edit brings an old message back: its seq tells.
    if (message.seq > positions.seq(room)) await reply(message);
  }
  positions.move(room, cursor, Math.max(0, ...messages.map(({ seq }) => seq)));
  return more;
}

async function begin(room, cursor) {
  const ack = await call('connectToRoom', room);
  if (ack.ok) positions.begin(room, cursor ?? ack.cursor, ack.seq);
}

// call asks until there is an answer, over any number of connections: all that
// the bot asks for may be asked again.
async function call(event, ...args) {
  for (;;) {
    try {
      const ack = await socket.timeout(10_000).emitWithAck(event, ...args);
      if (ack.ok || !['unavailable', 'rate_limited', 'internal'].includes(ack.error.code)) return ack;
      await pause(ack.error.retryAfterMs ?? 1000);
    } catch {
      await pause(200); // the connection broke, or nobody answered in time
    }
  }
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

// After a lost connection the client comes back by itself. It does not where the
// server will not have it: then the bot ends, to be started again with a new token.
socket.on('connect_error', (error) => {
  console.error(error.message);
  if (!socket.active) stop(error);
});
socket.on('exception', (error) => console.error(error.message));
socket.on('draining', ({ reconnectInMs }) => socket.io.reconnectionDelay(reconnectInMs));
socket.on('connect', () => socket.io.reconnectionDelay(1000));
socket.on('disconnect', (reason) => {
  if (!socket.active) stop(new Error(reason));
});

function stop(error) {
  if (error) console.error(error.message);
  positions.save();
  process.exit(error ? 1 : 0);
}
process.on('SIGTERM', () => stop());
process.on('SIGINT', () => stop());
