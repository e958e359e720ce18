// Copies the page and the parts of Swagger UI that it needs into ../dist/docs,
// from where the binary embeds them.
import { copyFile, mkdir, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const swagger = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
const out = join(here, '..', 'dist', 'docs');

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
for (const file of ['index.html', 'page.js', 'accessible.js', 'page.css']) {
  await copyFile(join(here, 'src', file), join(out, file));
}
for (const file of [
  'swagger-ui-bundle.js',
  'swagger-ui-bundle.js.LICENSE.txt',
  'swagger-ui.css',
  'LICENSE',
  'NOTICE',
]) {
  await copyFile(join(swagger, file), join(out, file));
}
