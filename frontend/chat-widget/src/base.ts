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

const parts = new Map<string, Promise<unknown>>();
const failures = new Map<string, number>();

/**
 * Loads `widget-<name>.js`, once. The address is computed, so that the bundler leaves the import alone. Browsers may
 * remember that a module could not be loaded: another try has another address.
 */
export function loadPart<T>(name: string): Promise<T> {
  let part = parts.get(name) as Promise<T> | undefined;
  if (!part) {
    const failed = failures.get(name) ?? 0;
    const url = new URL(`widget-${name}.js${failed ? `?${failed}` : ''}`, base);
    part = (import(url.href) as Promise<T>).catch((error: unknown) => {
      failures.set(name, failed + 1);
      parts.delete(name);
      throw error;
    });
    parts.set(name, part);
  }
  return part;
}

/** The server's base address, always with a slash at its end. */
export function serverUrl(attribute: string | null | undefined): string {
  const url = new URL(attribute || base, document.baseURI);
  url.search = url.hash = '';
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url.href;
}
