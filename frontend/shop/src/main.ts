import { provideZonelessChangeDetection, inject } from '@angular/core';
import { bootstrapApplication } from '@angular/platform-browser';
import { provideParley } from '@parley/angular';
import { Account } from './app/account/account';
import { SERVER } from './app/server';
import { Shop } from './app/shop';

bootstrapApplication(Shop, {
  providers: [
    provideZonelessChangeDetection(),
    provideParley(() => {
      const account = inject(Account);
      return { url: inject(SERVER), token: () => account.token() };
    }),
  ],
}).catch((error: unknown) => console.error(error));
