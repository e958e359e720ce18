import { type Drawing, drawing, Lazy } from '../lazy';
import type { Files, FilesHost } from './files';

/** Makes what shows, takes and sends an element's files, once it is loaded. */
export const lazyFiles = (host: FilesHost): Lazy<{ Files: new (host: FilesHost, drawing: Drawing) => Files }, Files> =>
  new Lazy('files', ({ Files }) => new Files(host, drawing));
