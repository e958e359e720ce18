// Says hello in a room and prints what comes.
//
//   PARLEY_TOKEN=... node hello.js [ROOM]
//
// Without a room it makes one, open to everybody, and prints its id.
import { io } from 'socket.io-client';

const url = process.env.PARLEY_URL ?? 'http://localhost:3000';
const token = process.env.PARLEY_TOKEN;
const socket = io(`${url}/chat`, { path: '/realtime/', auth: { token } });

socket.on('message', (m) => console.log(`${m.sender}: ${m.content}`));
socket.on('connect_error', (error) => console.error(error.message));

socket.once('ready', async ({ user }) => {
  const room = process.argv[2] ?? (await makeRoom(user._id));
  const joined = await socket.emitWithAck('join', room);
  if (!joined.ok) return fail(joined.error.message);
  console.log(`in room ${room}`);
  const said = await socket.emitWithAck('message', room, `Hello from ${user.name}`);
  if (!said.ok) fail(said.error.message);
});

async function makeRoom(me) {
  const answer = await fetch(`${url}/chat/rooms`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ roomName: 'Hello', users: [me], visibility: 'public' }),
  });
  const { roomId, message } = await answer.json();
  return roomId ?? fail(message);
}

function fail(why) {
  console.error(why);
  process.exit(1);
}
