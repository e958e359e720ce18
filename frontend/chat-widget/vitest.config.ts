import { defineConfig } from 'vitest/config';
import { wire } from './wire.js';

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'widget', include: ['test/**/*.test.ts'] } },
      {
        // chat-core's tests once more, over what the widget has in the place of parts of Socket.IO's client.
        root: '../chat-core',
        resolve: { alias: wire },
        test: {
          name: 'wire',
          include: ['test/{send,stream,sync,token}.test.ts'],
          setupFiles: ['../chat-widget/test/websocket.ts'],
          server: { deps: { inline: ['socket.io-client'] } },
          testTimeout: 30_000,
          hookTimeout: 30_000,
          maxWorkers: 1,
        },
      },
    ],
  },
});
