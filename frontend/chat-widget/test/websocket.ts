// Node 20 has no WebSocket of its own. Of one that fails, a browser tells `onclose` too, and throws nothing.
import type { EventEmitter } from 'node:events';
// @ts-expect-error The package brings no types.
import { WebSocket as Socket } from 'ws';

class WebSocket extends (Socket as new (url: string) => EventEmitter) {
  constructor(url: string) {
    super(url);
    this.on('error', () => undefined);
  }
}

Object.assign(globalThis, { WebSocket });
