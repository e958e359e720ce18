/** A file of a message: an image that may be shown, or something to be saved. */
export interface Received {
  /** The address of an image, for as long as the page lives; undefined for anything else. */
  image?: string;
  name?: string;
}

/** Kinds that a browser shows without running anything. SVG is not one of them. */
const images = /^image\/(png|jpeg|gif|webp|avif)$/;
const largestPreview = 8_000_000;

const get = (url: string, token: string, signal?: AbortSignal): Promise<Response> =>
  fetch(url, { headers: { Authorization: `Bearer ${token}` }, signal });

/** Looks what a file is, and reads it if it is an image of a decent size; of anything else the head alone. */
export async function look(url: string, token: string): Promise<Received> {
  const abort = new AbortController();
  const response = await get(url, token, abort.signal);
  const name = nameOf(response.headers.get('Content-Disposition'));
  const type = (response.headers.get('Content-Type') ?? '').split(';')[0];
  if (!response.ok || !images.test(type) || Number(response.headers.get('Content-Length')) > largestPreview) {
    abort.abort();
    return { name };
  }
  return { name, image: URL.createObjectURL(await response.blob()) };
}

/** Saves a file. It is never opened in a tab: it would run with the rights of this page. */
export async function save(url: string, token: string, name: string): Promise<void> {
  const response = await get(url, token);
  if (!response.ok) throw new Error(`file: ${response.status}`);
  const link = document.createElement('a');
  link.href = URL.createObjectURL(await response.blob());
  link.download = nameOf(response.headers.get('Content-Disposition')) ?? name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function nameOf(disposition: string | null): string | undefined {
  const encoded = /filename\*=UTF-8''([^;]+)/i.exec(disposition ?? '')?.[1];
  try {
    if (encoded) return decodeURIComponent(encoded);
  } catch {
    // The plain form below has to do.
  }
  return /filename="?([^";]+)/i.exec(disposition ?? '')?.[1];
}
