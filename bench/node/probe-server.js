// The control of the probe: bench/probe/v3/main.go with the official server, to
// show that what the probe finds is not the driver's doing.

import { createServer } from 'node:http';
import { Server } from 'socket.io';

const http = createServer();
const io = new Server(http, { serveClient: false });
const order = [];

io.on('connection', (client) => {
  client.join('room');
  client.on('broadcast', (n) => {
    for (let i = 0; i < n; i++) io.to('room').emit('numbered', i);
  });
  client.on('nth', (i) => order.push(i));
  client.on('order', (ack) => ack(order));
});

const [host, port] = process.argv[2].split(':');
http.listen(Number(port), host);
