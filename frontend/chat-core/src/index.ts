/** The client of Parley for pages and programs: see README.md. */
import { ChatClient } from './client.js';
import type { Client, ClientOptions } from './types.js';

export type * from './types.js';

/** A client for one server and one user. It does nothing until `connect`. */
export function createClient(options: ClientOptions): Client {
  return new ChatClient(options);
}
