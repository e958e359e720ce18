import { DestroyRef, inject, type Provider } from '@angular/core';
import { createClient, type Client, type ClientOptions } from '@parley/chat-core';
import { ChatService } from './chat.service';
import { PARLEY_CLIENT } from './client';

/**
 * Where the server is and who one is. `url` is the server with its path prefix, the page's origin by default;
 * `token` is a token or a function that gives one and is asked again when the server refuses the last.
 */
export type ParleyOptions = ClientOptions;

/**
 * Provides ChatService: in `bootstrapApplication` for the whole application, or in a component's `providers` for that
 * component alone. A function is called where `inject` works. Nothing connects until the service is asked for something.
 */
export function provideParley(options: ParleyOptions | (() => ParleyOptions)): Provider[] {
  return [
    {
      provide: PARLEY_CLIENT,
      useFactory: (): Client => {
        const client = createClient(typeof options === 'function' ? options() : options);
        inject(DestroyRef).onDestroy(() => client.close());
        return client;
      },
    },
    ChatService,
  ];
}
