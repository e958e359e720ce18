import { DOCUMENT, InjectionToken, inject } from '@angular/core';

/** The server's address, without a slash at its end: the page is served at `demo/` below it, with a path prefix or without. */
export const SERVER = new InjectionToken<string>('server', {
  providedIn: 'root',
  factory: () => new URL('..', inject(DOCUMENT).baseURI).href.replace(/\/$/, ''),
});
