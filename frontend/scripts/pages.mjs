// The last step of a build: puts the start page beside the applications in dist, and
// compresses there what compresses. The server sends `file.br` and `file.gz` to whoever
// takes them; pages of HTML are made for each answer, so that they stay as they are.
import { cp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

const frontend = fileURLToPath(new URL('..', import.meta.url));
const dist = join(frontend, 'dist');
const kinds = new Set(['.css', '.js', '.json', '.map', '.mjs', '.svg', '.ttf', '.txt', '.wasm', '.webmanifest']);
const least = 1024; // below it, nothing is won

const compress = {
  '.br': (content) =>
    promisify(brotliCompress)(content, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: content.length },
    }),
  '.gz': (content) => promisify(gzip)(content, { level: 9 }),
};

await rm(join(dist, 'home'), { recursive: true, force: true });
await cp(join(frontend, 'home'), join(dist, 'home'), { recursive: true });

const entries = await readdir(dist, { recursive: true, withFileTypes: true });
const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
await Promise.all(files.filter((file) => extname(file) in compress).map((file) => rm(file)));

let before = 0;
let after = 0;
for (const file of files.filter((file) => kinds.has(extname(file)))) {
  const content = await readFile(file);
  if (content.length < least) continue;
  before += content.length;
  for (const [ending, encode] of Object.entries(compress)) {
    const encoded = await encode(content);
    if (ending === '.br') after += encoded.length;
    if (encoded.length < content.length) await writeFile(file + ending, encoded);
  }
}
const kB = (bytes) => `${(bytes / 1000).toFixed(0)} kB`;
process.stdout.write(`pages: ${kB(before)} to compress, ${kB(after)} with brotli\n`);
