import type { Page } from '@playwright/test';
import { Chat, shop, widget } from '../pages/chat';
import { Console } from '../pages/console';
import { expect, test } from '../world/test';

/** Counts what begins to move from now on, in the page and in the shadows that it has. */
async function countMotion(page: Page): Promise<() => Promise<number>> {
  const moved = await page.evaluateHandle(() => {
    const seen = { count: 0 };
    const elements = [document, ...[...document.querySelectorAll('*')].flatMap((one) => one.shadowRoot ?? [])];
    for (const root of elements) {
      for (const kind of ['animationstart', 'transitionrun'])
        root.addEventListener(kind, (event) => {
          const { animationDuration, transitionDuration } = getComputedStyle(event.target as Element);
          const longest = Math.max(...`${animationDuration}, ${transitionDuration}`.split(', ').map(parseFloat));
          if (longest > 0.01) seen.count++;
        });
    }
    return seen;
  });
  return () => moved.evaluate((seen) => seen.count);
}

for (const [name, words] of Object.entries({ widget, shop })) {
  for (const reducedMotion of ['reduce', 'no-preference'] as const) {
    test(`${name}: with ${reducedMotion} for motion, opening it ${reducedMotion === 'reduce' ? 'moves nothing' : 'is seen to unfold'}`, async ({
      visit,
    }) => {
      const chat = new Chat(await visit({ reducedMotion }), words);
      await chat.goto();
      await expect(chat.launcher).toBeVisible();
      const moved = await countMotion(chat.page);
      await chat.open();
      await chat.say('Does it move?');
      await expect(chat.panel.getByText(/No model is configured/).first()).toBeVisible();
      if (reducedMotion === 'reduce') expect(await moved()).toBe(0);
      else await expect.poll(moved).toBeGreaterThan(0);
    });
  }
}

test('console: with reduced motion nothing moves for longer than a moment', async ({ server, visit }) => {
  const desk = new Console(await visit({ reducedMotion: 'reduce' }));
  await desk.signInWithToken(server.token('eve', { role: 'agent' }));
  const moved = await countMotion(desk.page);
  await desk.page.getByRole('button', { name: /^eve/ }).click();
  await expect(desk.page.getByRole('menuitem', { name: 'Sign out' })).toBeVisible();
  expect(await moved()).toBe(0);
});

test('widget: setLocale changes its words and its direction, there and back, with what was said', async ({ visit }) => {
  const chat = new Chat(await visit());
  await chat.goto();
  await chat.open();
  await chat.say('Hello');
  await expect(chat.panel.getByText(/No model is configured/).first()).toBeVisible();
  const element = chat.page.locator('parley-chat');
  const speak = (locale: string): Promise<void> =>
    element.evaluate((one, to) => (one as HTMLElement & { setLocale(locale: string): void }).setLocale(to), locale);
  const root = element.locator('.root');
  const dialog = element.getByRole('dialog');

  await expect(root).toHaveCSS('direction', 'ltr');
  await speak('de');
  await expect(dialog.getByRole('button', { name: 'Chat schließen' })).toBeVisible();
  await expect(root).toHaveCSS('direction', 'ltr');
  await speak('ar');
  await expect(root).toHaveCSS('direction', 'rtl');
  await expect(dialog.getByRole('button', { name: 'Chat schließen' })).toHaveCount(0);
  await expect(dialog.getByText('Hello', { exact: true }).first()).toBeVisible();
  await speak('en');
  await expect(chat.button(widget.close)).toBeVisible();
  await expect(root).toHaveCSS('direction', 'ltr');
  await expect(chat.text('Hello')).toHaveCount(1);
});
