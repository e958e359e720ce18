import { InjectionToken } from '@angular/core';
import type { Client } from '@parley/chat-core';

/** The connection that ChatService stands on. Closed with the injector that made it; tests put a fake here. */
export const PARLEY_CLIENT = new InjectionToken<Client>('parley client');
