// Bundles the widget into ../dist/widget: widget.js for a plain script tag, and beside it the parts that it loads when
// they are needed. With --analyze it tells what each file is made of.
import { analyzeMetafile, build } from 'esbuild';
import { minifyHTMLLiterals } from 'minify-literals';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { minify } from 'terser';
import { wire } from './wire.js';

const here = dirname(fileURLToPath(import.meta.url));
const source = join(here, 'src');
const core = join(here, '..', 'chat-core', 'dist');
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
    b.onLoad({ filter: /src\/.*\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      return { contents: (await minifyHTMLLiterals(text, { fileName: path }))?.code ?? text, loader: 'ts' };
    });
  },
};

// What chat-core loads when it is first needed is a part of the widget's.
const parts = {
  name: 'parts',
  setup(b) {
    b.onResolve({ filter: /^\.\/parts\.js$/ }, ({ resolveDir }) =>
      resolveDir === core ? { path: join(source, 'session', 'parts.ts') } : undefined,
    );
  },
};

const files = [
  { name: 'widget', from: join(source, 'index.ts'), format: 'iife', plugins: [styles, templates] },
  { name: 'widget-client', from: join(source, 'session', 'client.ts'), alias: wire, plugins: [parts] },
  { name: 'widget-polling', from: join(source, 'wire', 'polling.ts') },
  { name: 'widget-http', from: join(core, 'http.js') },
  { name: 'widget-rooms', from: join(core, 'rooms.js') },
  { name: 'widget-rare', from: join(source, 'rare', 'rare.ts'), plugins: [styles, templates] },
  { name: 'widget-files', from: join(source, 'files', 'files.ts'), plugins: [styles, templates] },
  { name: 'widget-markdown', from: join(source, 'markdown', 'markdown.ts'), plugins: [styles] },
  { name: 'widget-de', from: join(source, 'texts', 'de.ts') },
  { name: 'widget-ar', from: join(source, 'texts', 'ar.ts') },
];

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
for (const { name, from, format = 'esm', ...rest } of files) {
  const { metafile, outputFiles } = await build({
    entryPoints: { [name]: from },
    outdir: out,
    bundle: true,
    minify: true,
    write: false,
    format,
    target: 'es2022',
    legalComments: 'none',
    logLevel: 'warning',
    metafile: true,
    ...rest,
  });
  // Terser finds some per cent more. ASCII, because a script in a page is read in the page's encoding.
  const { code } = await minify(outputFiles[0].text, {
    module: true,
    compress: { ecma: 2022, passes: 3 },
    format: { ecma: 2022, ascii_only: format === 'iife' },
  });
  await writeFile(join(out, `${name}.js`), code);
  if (process.argv.includes('--analyze')) console.log(await analyzeMetafile(metafile));
}
