// A conversation between terminals.
//
//   node talk.js --token TOKEN [--room ROOM] [--with USER] [--url http://localhost:3000]
//
// Without a room one is made with the user of --with, who is then in it without
// having to do anything. What you type is sent; what anybody says is printed.
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { io } from 'socket.io-client';

const { values } = parseArgs({
  options: {
    token: { type: 'string' },
    room: { type: 'string' },
    with: { type: 'string' },
    url: { type: 'string', default: 'http://localhost:3000' },
  },
});
if (!values.token) {
  console.error('usage: node talk.js --token TOKEN [--room ROOM] [--with USER] [--url URL]');
  process.exit(2);
}

let room = values.room;
if (values.with) {
  const answer = await fetch(new URL('/chat/rooms', values.url), {
    method: 'POST',
    headers: { authorization: `Bearer ${values.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ roomName: 'A conversation', users: [values.with] }),
  });
  const body = await answer.json();
  if (!answer.ok) {
    console.error(body.message);
    process.exit(1);
  }
  room = body.roomId;
}

const socket = io(new URL('/chat', values.url).href, { path: '/realtime/', auth: { token: values.token } });

socket.on('ready', ({ user, rooms }) => {
  room ??= Object.keys(rooms).at(-1);
  console.log(`* ${user._id} is connected${room ? ` to room ${room}` : ', and waits to be invited'}`);
});
socket.on('room-joined', (joined) => {
  room ??= joined.room;
  console.log(`* you are in "${joined.roomName}" (${joined.room})`);
});
socket.on('message', (message) => console.log(`${message.sender}: ${message.content}`));
socket.on('exception', (error) => console.error(`* ${error.message}`));
socket.on('connect_error', (error) => console.error(`* ${error.message}`));

const terminal = createInterface({ input: process.stdin });
terminal.on('line', async (line) => {
  if (!line || !room) return;
  // A nonce makes a repetition the same message, so that it is safe to try again.
  const nonce = crypto.randomUUID();
  for (;;) {
    try {
      const ack = await socket.timeout(5000).emitWithAck('message', room, { contentType: 'text', content: line, nonce });
      if (!ack.ok) console.error(`* ${ack.error.message}`);
      return;
    } catch {
      console.error('* no answer yet, trying again');
    }
  }
});
terminal.on('close', () => setTimeout(() => socket.close(), 300));
