import { Socket, type SocketOptions } from 'engine.io-client';

/** The connection by HTTP, for where no WebSocket comes through. */
export const poll = (uri: string, options: Partial<SocketOptions>): Socket =>
  new Socket(uri, { ...options, transports: ['polling'] });
