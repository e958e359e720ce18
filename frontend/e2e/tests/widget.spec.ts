import type { Locator } from '@playwright/test';
import { Chat, mockReply } from '../pages/chat';
import { Site } from '../world/site';
import { expect, test } from '../world/test';

test('a guest who chats loads the two files that the build keeps below 30 kB, and no others', async ({ visit }) => {
  const page = await visit();
  const fetched: string[] = [];
  page.on('request', (request) => {
    const name = new URL(request.url()).pathname;
    if (/widget.*\.js$/.test(name)) fetched.push(name);
  });
  const chat = new Chat(page);
  await chat.goto();
  await chat.open();
  await chat.say('Hello');
  await expect(chat.text(mockReply('Hello'))).toBeVisible();
  await chat.close();
  await chat.open();
  await page.waitForLoadState('networkidle');
  expect(fetched).toEqual(['/widget.js', '/widget-client.js']);
});

test('a message of files alone is shown by their names, also after a reload', async ({ server, watch, visit }) => {
  const site = new Site(server, `token="${server.token('ann')}"`);
  await site.start();
  watch.allow(site.host);
  const page = await visit();
  const fetched: string[] = [];
  page.on('request', (request) => fetched.push(new URL(request.url()).pathname));
  const chat = new Chat(page);
  await page.goto(site.url);
  await chat.open();
  await expect(chat.button('Attach a file')).toBeVisible();
  expect(fetched).not.toContain('/widget-files.js');

  await chat.panel.locator('input[type=file]').setInputFiles([
    { name: 'order.txt', mimeType: 'text/plain', buffer: Buffer.from('two of them') },
    { name: 'bill.txt', mimeType: 'text/plain', buffer: Buffer.from('for two') },
  ]);
  await expect(chat.button('Remove order.txt')).toBeVisible();
  await expect(chat.button('Send message')).toBeEnabled();
  await chat.button('Send message').click();
  const mine = chat.panel.getByRole('group', { name: 'You' });
  for (const again of [false, true]) {
    if (again) {
      await page.reload();
      await chat.open();
    }
    await expect(mine.getByRole('button')).toHaveText(['order.txt', 'bill.txt']);
    await expect(mine.getByRole('button').first()).toHaveCSS('border-top-left-radius', '12px');
    await expect(mine.locator('.bubble')).toHaveCount(0);
    await expect(mine).toContainText('Sent');
  }
  const saved = page.waitForEvent('download');
  await chat.button('Download order.txt').click();
  expect((await saved).suggestedFilename()).toBe('order.txt');
  await site.stop();
});

test('where no WebSocket comes through, the widget polls', async ({ visit, watch }) => {
  watch.excuse(/ERR_INTERNET_DISCONNECTED/);
  const page = await visit();
  await page.routeWebSocket(/realtime/, (socket) => socket.close());
  const polled = page.waitForRequest(/transport=polling/);
  const chat = new Chat(page);
  await chat.goto();
  await chat.open();
  await polled;
  await chat.say('Does it work?');
  await expect(chat.text(mockReply('Does it work?'))).toBeVisible();
  // What was cut is made again, the same way.
  await page.context().setOffline(true);
  await expect(chat.text(/^No connection\./)).toBeVisible();
  await page.context().setOffline(false);
  await chat.say('And again?');
  await expect(chat.text(mockReply('And again?'))).toBeVisible();
});

/** Whether something stands in the left half of the page. */
const left = (what: Locator): Promise<boolean> =>
  what.evaluate((element) => {
    const { left, right } = element.getBoundingClientRect();
    return left + right < innerWidth;
  });

test('the corner is that where lines of the page end, or begin, or one for good', async ({ visit }) => {
  const page = await visit();
  const chat = new Chat(page);
  await chat.goto();
  await expect(chat.launcher).toBeVisible();
  const corner = async (dir: string, position: string): Promise<boolean> => {
    await page.evaluate(
      async ([dir, position]) => {
        document.documentElement.dir = dir;
        const element = document.querySelector('parley-chat');
        element?.setAttribute('position', position);
        await (element as unknown as { updateComplete: Promise<void> }).updateComplete;
      },
      [dir, position],
    );
    return left(chat.launcher);
  };
  for (const [position, ltr, rtl] of [
    ['end', false, true],
    ['', false, true],
    ['start', true, false],
    ['left', true, true],
    ['right', false, false],
  ] as const) {
    expect([await corner('ltr', position), await corner('rtl', position)], position).toEqual([ltr, rtl]);
  }
  await corner('rtl', 'end');
  await chat.open();
  await expect(chat.panel).toBeVisible();
  expect(await left(chat.panel)).toBe(true);
  const box = await chat.panel.boundingBox();
  expect(box?.x).toBeGreaterThanOrEqual(0);
});

test('whoever wants little motion gets none, in what is loaded later too', async ({ visit }) => {
  const motions: Record<string, string[]> = {};
  for (const reducedMotion of ['reduce', 'no-preference'] as const) {
    const page = await visit({ reducedMotion });
    const chat = new Chat(page);
    await chat.goto();
    await chat.open();
    await chat.say('Hello');
    await expect(chat.text(mockReply('Hello'))).toBeVisible();
    await chat.button('Clear history').click();
    const sheet = chat.panel.getByRole('alertdialog');
    await expect(sheet).toBeVisible();
    const names = (what: Locator): Promise<string> =>
      what.evaluate((element) => getComputedStyle(element).animationName);
    motions[reducedMotion] = [await names(chat.panel), await names(sheet)];
  }
  expect(motions).toEqual({ reduce: ['none', 'none'], 'no-preference': ['unfold', 'rise'] });
});

test('a part that could not be loaded is asked for again, and what was said meanwhile is sent', async ({
  visit,
  watch,
}) => {
  watch.excuse(/Failed to load resource|widget-client/);
  const page = await visit();
  let refused = 0;
  await page.route(/widget-client\.js$/, (route) => {
    refused++;
    return route.abort();
  });
  const chat = new Chat(page);
  await chat.goto();
  await chat.open();
  await chat.say('Are you there?');
  await expect.poll(() => refused).toBe(1);
  await expect(chat.text(mockReply('Are you there?'))).toBeVisible({ timeout: 15_000 });
  await expect(chat.field).toHaveValue('');
});
