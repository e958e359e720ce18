// Tells what the parts cost as gzip -9 sends them, and fails where they have grown past their limits (1 kB is 1,000
// bytes): what every page pays, and what is loaded in all before Markdown is needed.
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const limits = [
  { of: ['widget.js'], bytes: 18_000 },
  { of: ['widget.js', 'widget-client.js'], bytes: 30_000 },
];
const out = join(dirname(fileURLToPath(import.meta.url)), '..', 'dist', 'widget');

const sizes = {};
for (const name of (await readdir(out)).filter((file) => file.endsWith('.js'))) {
  sizes[name] = gzipSync(await readFile(join(out, name)), { level: 9 }).length;
  console.log(`${name}\t${sizes[name]} bytes gzip`);
}
for (const { of, bytes } of limits) {
  const sum = of.reduce((total, name) => total + sizes[name], 0);
  if (sum <= bytes) continue; // not so where a part is missing
  console.error(`${of.join(' + ')}: ${sum} bytes, over the limit of ${bytes}`);
  process.exitCode = 1;
}
