import { InjectionToken } from '@angular/core';

/**
 * The server's address, with its path prefix and a slash at the end: what the page's
 * `<meta name="parley-url">` says, or the directory above the console.
 */
export const SERVER = new InjectionToken<string>('server', {
  providedIn: 'root',
  factory: () => {
    const given = document.querySelector<HTMLMetaElement>('meta[name="parley-url"]')?.content.trim();
    return withSlash(new URL(given || '../', document.baseURI).href);
  },
});

export function withSlash(url: string): string {
  return url.endsWith('/') ? url : url + '/';
}
