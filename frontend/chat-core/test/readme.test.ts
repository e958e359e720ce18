import { readFileSync } from 'node:fs';

import { expect, test, vi } from 'vitest';

import { createClient } from '../src/index.js';
import { token } from './server.js';
import { world } from './world.js';

const w = world();

test('what the README shows runs', async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const blocks = [...readme.matchAll(/```js\n([\s\S]*?)```/g)].map((m) => m[1]);
  const code = blocks
    .join('\n')
    .replace(/^import .*$/gm, '')
    .replace('http://localhost:3000', w.server.url);
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  const run = new Function('createClient', 'token', `return (async () => { ${code} })()`) as (
    create: typeof createClient,
    token: string,
  ) => Promise<void>;
  await run(createClient, token('ann'));
  const said = log.mock.calls.map((args) => args.map(String).join(' '));
  log.mockRestore();
  expect(blocks.length).toBe(5);
  expect(said).toContain('two of them');
  expect(said).toContain('user');
  expect(said.join()).toContain('Orders: 0');
  expect(said.at(-1)).toBe('closed');
});
