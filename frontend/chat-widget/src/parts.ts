/**
 * What loads `widget-<name>.js` from beside `base`, each once. The address is computed, so that the bundler leaves the
 * import alone. Browsers may remember that a module could not be loaded: another try has another address.
 */
export function partsOf(base: string): <T>(name: string) => Promise<T> {
  const parts = new Map<string, Promise<unknown>>();
  let failures = 0;
  return <T>(name: string) => {
    let part = parts.get(name) as Promise<T> | undefined;
    if (!part) {
      const url = new URL(`widget-${name}.js${failures ? `?${failures}` : ''}`, base);
      part = (import(url.href) as Promise<T>).catch((error: unknown) => {
        failures++;
        parts.delete(name);
        throw error;
      });
      parts.set(name, part);
    }
    return part;
  };
}
