// A question to the assistant, and its answer as it is written.
//
//   node ask.js --token TOKEN [--url http://localhost:3000] QUESTION
import { parseArgs } from 'node:util';
import { io } from 'socket.io-client';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { token: { type: 'string' }, url: { type: 'string', default: 'http://localhost:3000' } },
});
if (!values.token || positionals.length === 0) {
  console.error('usage: node ask.js --token TOKEN [--url URL] QUESTION');
  process.exit(2);
}

const socket = io(new URL('/chat', values.url).href, { path: '/realtime/', auth: { token: values.token } });
let shown = 0; // code units of the answer that stand on the screen

socket.on('stream-token', ({ token, offset }) => {
  process.stdout.write(token.slice(shown - offset)); // after a reconnect the text so far comes again
  shown = Math.max(shown, offset + token.length);
});
socket.on('stream-end', ({ status, sources = [] }) => {
  console.log(status === 'complete' ? '' : ` (${status})`);
  for (const { document, passage } of sources) console.log(`* ${document}: ${passage}`);
  socket.close();
});
socket.on('exception', (error) => console.error(`* ${error.message}`));
socket.on('connect_error', (error) => {
  console.error(`* ${error.message}`);
  if (!socket.active) process.exitCode = 1;
});

// Without a room a message goes to the caller's own conversation with the assistant.
const ack = await socket.emitWithAck('message', positionals.join(' '));
if (!ack.ok) {
  console.error(`* ${ack.error.message}`);
  process.exitCode = 1;
  socket.close();
}
