// Connects as a Socket.IO client with a user interface is set up to, sends one
// message, and prints the ack and the message that comes.
//
//   node connect.mjs '{"url":..., "path":..., "authorization":..., "event":..., "args":[...]}'
import { io } from 'socket.io-client';

const { url, path, authorization, event, args } = JSON.parse(process.argv[2]);
const socket = io(url, { path, extraHeaders: { authorization }, reconnection: false });
socket.on('connect_error', (error) => {
  console.error(error.message);
  process.exit(1);
});
socket.on('message', ({ content }) => console.log(`message: ${content}`));
socket.emit(event, ...args, (ack) => console.log(`ack: ${JSON.stringify(ack)}`));
process.stdin.resume().on('end', () => socket.close());
