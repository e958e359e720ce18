import { partsOf } from './parts';

/**
 * Where the script was loaded from. Everything else is found beside it: the server, unless `url` says otherwise, and
 * the parts that are loaded later. `currentScript` is there only while the script runs for the first time.
 */
const script =
  (document.currentScript as HTMLScriptElement | null) ??
  document.querySelector<HTMLScriptElement>('script[src$="widget.js"]');

export const base = new URL('.', script?.src || document.baseURI).href;

/** What the script tag says, where it asks for a widget without an element in the page. */
export const auto = script?.hasAttribute('data-auto') ? { ...script.dataset } : undefined;

/** Loads `widget-<name>.js`, once. */
export const loadPart = partsOf(base);

/** The server's base address, always with a slash at its end. */
export function serverUrl(attribute: string | null | undefined): string {
  const url = new URL(attribute || base, document.baseURI);
  url.search = url.hash = '';
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url.href;
}
