// What stands in for parts of Socket.IO's client in the widget: of that, a chat needs reconnection, acknowledgements and
// recovery, over WebSocket and in text.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));

export const wire = {
  'socket.io-client': join(here, '..', 'node_modules', 'socket.io-client', 'build', 'esm', 'manager.js'),
  'engine.io-client': join(here, 'src', 'wire', 'engine.ts'),
  'socket.io-parser': join(here, 'src', 'wire', 'packets.ts'),
};
