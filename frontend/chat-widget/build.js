// Bundles the widget into ../dist/widget: widget.js for a plain script tag, and beside it the parts that it loads when
// they are needed: the client, Markdown, and every language but English.
import { build } from 'esbuild';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const source = join(here, 'src');
const out = join(here, '..', 'dist', 'widget');

// Style sheets become strings for adoptedStyleSheets: no <style> element, which a strict policy would refuse.
const styles = {
  name: 'styles',
  setup(b) {
    b.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const css = await build({ entryPoints: [path], bundle: true, minify: true, write: false, target: 'chrome111' });
      return { contents: css.outputFiles[0].text.trim(), loader: 'text' };
    });
  },
};

// The white space between a template's lines is for those who read it here.
const templates = {
  name: 'templates',
  setup(b) {
    b.onLoad({ filter: /src\/(view\/\w+|parley-chat)\.ts$/ }, async ({ path }) => ({
      contents: (await readFile(path, 'utf8')).replace(/html`[^]*?`/g, (part) => part.replace(/\n\s+/g, ' ')),
      loader: 'ts',
    }));
  },
};

const common = {
  bundle: true,
  minify: true,
  target: ['es2022'],
  legalComments: 'none',
  logLevel: 'warning',
  outdir: out,
  sourcemap: false,
};

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
await build({
  ...common,
  entryPoints: { widget: join(source, 'index.ts') },
  format: 'iife',
  plugins: [styles, templates],
});
await build({
  ...common,
  entryPoints: {
    'widget-client': join(source, 'session', 'client.ts'),
    'widget-markdown': join(source, 'markdown', 'markdown.ts'),
    'widget-de': join(source, 'texts', 'de.ts'),
    'widget-ar': join(source, 'texts', 'ar.ts'),
  },
  format: 'esm',
});
