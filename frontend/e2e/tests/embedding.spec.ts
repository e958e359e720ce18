import type { Page } from '@playwright/test';
import { gzipSync } from 'node:zlib';
import { Chat } from '../pages/chat';
import { Site } from '../world/site';
import { expect, picture, test as base } from '../world/test';

const limit = 30_000;

const test = base.extend<{ site: Site }>({
  settings: async ({ model }, use) => use({ PARLEY_ASSISTANT_URL: model.url }),
  site: async ({ server, watch }, use) => {
    const site = new Site(server);
    await site.start();
    watch.allow(site.host);
    await use(site);
    await site.stop();
  },
});

/** The scripts that a page fetches, each with the bytes that it costs as gzip. */
function scripts(page: Page): Map<string, number> {
  const fetched = new Map<string, number>();
  page.on('response', async (response) => {
    if (response.request().resourceType() !== 'script') return;
    const name = new URL(response.url()).pathname.slice(1);
    fetched.set(name, 0);
    fetched.set(name, gzipSync(await response.body(), { level: 9 }).length);
  });
  return fetched;
}

test('the widget is small, and loads what renders Markdown with the first that is to be rendered', async ({
  site,
  model,
  visit,
}, info) => {
  const page = await visit();
  const fetched = scripts(page);
  const chat = new Chat(page);
  await page.goto(site.url);
  await expect(chat.launcher).toBeVisible();
  await page.waitForLoadState('networkidle');
  expect([...fetched.keys()]).toEqual(['widget.js']);
  await expect.poll(() => fetched.get('widget.js')).toBeGreaterThan(1000);
  expect(fetched.get('widget.js')).toBeLessThanOrEqual(limit);

  await chat.open();
  model.answer = () => 'Plain words';
  await chat.say('Hello *there*');
  await expect(chat.text('Plain words')).toBeVisible();
  const before = [...fetched.keys()];
  expect(before.some((name) => name.includes('markdown'))).toBe(false);
  const sum = [...fetched.values()].reduce((all, bytes) => all + bytes, 0);
  info.annotations.push({ type: 'gzip bytes before Markdown', description: `${sum}: ${JSON.stringify([...fetched])}` });
  console.log(`gzip bytes: widget.js ${fetched.get('widget.js')}; with what an open chat needs ${sum}`);

  model.answer = () => 'Some **bold** words and [a link](https://example.com/)';
  await chat.say('And now?');
  await expect(chat.panel.locator('strong')).toHaveText('bold');
  await expect(chat.panel.getByRole('link', { name: 'a link' })).toHaveAttribute('href', 'https://example.com/');
  expect([...fetched.keys()].some((name) => name.includes('markdown'))).toBe(true);
});

test("on another origin, with style-src 'self', the widget is styled and works", async ({ site, model, visit }) => {
  model.answer = () => 'It **works**';
  const page = await visit();
  const chat = new Chat(page);
  await page.goto(site.url);
  await expect(chat.launcher).toHaveCSS('border-top-left-radius', /50%|\d{2,}px/);
  const before = await chat.launcher.evaluate((button) => {
    const style = getComputedStyle(button);
    const box = button.getBoundingClientRect();
    return {
      ground: style.backgroundImage + style.backgroundColor,
      right: innerWidth - box.right,
      bottom: innerHeight - box.bottom,
      size: box.width,
    };
  });
  expect(before.ground).not.toMatch(/^none(rgba\(0, 0, 0, 0\)|rgb\(239, 239, 239\))$/);
  expect(before.right).toBeLessThan(60);
  expect(before.bottom).toBeLessThan(60);
  expect(before.size).toBeGreaterThan(44);
  await chat.open();
  await chat.say('Does it?');
  await expect(chat.panel.locator('strong')).toHaveText('works');
  const panel = await chat.panel.boundingBox();
  expect(panel?.width).toBeGreaterThan(300);
  expect(panel?.width).toBeLessThan(500);
  await expect(chat.panel).toHaveCSS('display', /flex|grid/);
  await picture(page, 'widget-on-another-site');
});
