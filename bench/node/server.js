// The official Socket.IO server as a peer for parley-bench: it broadcasts and
// acknowledges with Parley's wire shapes and stores nothing, checks no token and
// puts a socket into the rooms that its CONNECT names.
//
//   node server.js [port]

import { createServer } from 'node:http';
import { randomUUID } from 'node:crypto';
import { Server } from 'socket.io';

const port = Number(process.argv[2] ?? 4100);
const http = createServer();
const io = new Server(http, { path: '/realtime/', serveClient: false });
const chat = io.of('/chat');
const heads = new Map();

chat.on('connection', (socket) => {
  const sender = socket.handshake.auth.user ?? socket.id;
  socket.join(socket.handshake.auth.rooms ?? []);

  socket.on('message', (room, draft, ack) => {
    const seq = (heads.get(room) ?? 0) + 1;
    heads.set(room, seq);
    const cursor = `00000000:${seq}`;
    const createdAt = new Date().toISOString();
    const message = {
      _id: randomUUID(),
      sender,
      message: draft.content,
      content: draft.content,
      contentType: draft.contentType ?? 'text',
      files: [],
      room,
      seq,
      cursor,
      status: 'complete',
      createdAt,
    };
    chat.to(room).emit('message', message);
    ack?.({ ok: true, messageId: message._id, seq, cursor, createdAt });
  });
});

http.listen(port, '127.0.0.1', () => console.log(`listening on 127.0.0.1:${port}`));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(0));
