import { devices, type Locator } from '@playwright/test';
import { Chat, mockReply, shop, widget } from '../pages/chat';
import { Console } from '../pages/console';
import { expect, picture, test } from '../world/test';

const hasFocus = (element: Locator): Promise<boolean> =>
  element.evaluate((one) => (one.getRootNode() as Document | ShadowRoot).activeElement === one);

/** Listens for the next key that a field is told of; what comes back asks whether it belonged to an input method. */
async function listen(field: Locator): Promise<() => Promise<boolean>> {
  const heard = await field.evaluateHandle((one) => {
    const seen: boolean[] = [];
    one.addEventListener('keydown', (event) => seen.push((event as KeyboardEvent).isComposing), { once: true });
    return seen;
  });
  return () => heard.evaluate((seen) => seen[0] ?? false);
}

for (const [name, words] of Object.entries({ widget, shop })) {
  test(`${name}: the keyboard alone opens, writes, sends, closes, and the focus comes back`, async ({ visit }) => {
    const chat = new Chat(await visit(), words);
    const { keyboard } = chat.page;
    await chat.goto();
    await expect(chat.launcher).toBeVisible();
    for (let stops = 0; stops < 60 && !(await hasFocus(chat.launcher)); stops++) await keyboard.press('Tab');
    await expect(chat.launcher).toBeFocused();
    await keyboard.press('Enter');
    await expect(chat.field).toBeFocused();
    await keyboard.type('First line');
    await keyboard.press('Shift+Enter');
    await keyboard.type('second');
    await expect(chat.field).toHaveValue('First line\nsecond');
    await keyboard.press('Enter');
    await expect(chat.field).toHaveValue('');
    await expect(chat.text(mockReply('First line second'))).toHaveCount(1);
    await expect(chat.field).toBeFocused();
    await keyboard.press('Escape');
    await expect(chat.panel).toHaveCount(0);
    await expect(chat.launcher).toBeFocused();
  });

  test(`${name}: Enter that ends a word of an input method sends nothing`, async ({ visit }) => {
    const chat = new Chat(await visit(), words);
    await chat.goto();
    await chat.open();
    await expect(chat.field).toBeFocused();
    const devtools = await chat.page.context().newCDPSession(chat.page);
    await devtools.send('Input.imeSetComposition', { text: 'にほん', selectionStart: 3, selectionEnd: 3 });
    await expect(chat.field).toHaveValue('にほん');
    // An input method tells pages of the key, and takes it for itself: no new line comes of it.
    const composing = await listen(chat.field);
    const enter = { key: 'Enter', code: 'Enter', windowsVirtualKeyCode: 13 };
    await devtools.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', ...enter });
    await devtools.send('Input.dispatchKeyEvent', { type: 'keyUp', ...enter });
    expect(await composing(), 'the key belongs to the input method').toBe(true);
    await expect(chat.field).toHaveValue('にほん');
    await devtools.send('Input.insertText', { text: '日本' });
    await expect(chat.field).toHaveValue('日本');
    await chat.page.keyboard.press('Enter');
    await expect(chat.text(mockReply('日本'))).toHaveCount(1);
    await expect(chat.text('日本')).toHaveCount(1);
    await expect(chat.text('にほん')).toHaveCount(0);
  });

  test(`${name}: on a phone the chat fills the screen`, async ({ visit }) => {
    const { viewport, userAgent, deviceScaleFactor, isMobile, hasTouch } = devices['Pixel 7'];
    const chat = new Chat(await visit({ viewport, userAgent, deviceScaleFactor, isMobile, hasTouch }), words);
    await chat.goto();
    await picture(chat.page, `${name}-phone-closed`);
    await chat.launcher.tap();
    await chat.say('A phone and a-very-long-word-that-does-not-fit-into-the-width-of-any-phone-that-there-is');
    await expect(chat.panel.getByText(/No model is configured/).first()).toBeVisible();
    await picture(chat.page, `${name}-phone`);
    const box = await chat.panel.boundingBox();
    expect(box?.width).toBeGreaterThan(viewport.width - 2);
    expect(box?.width).toBeLessThan(viewport.width + 2);
    expect(box?.height).toBeLessThan(viewport.height + 2);
    expect(await chat.page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    await expect(chat.field).toBeInViewport({ ratio: 1 });
    await chat.button(words.close).tap();
    await expect(chat.launcher).toBeVisible();
  });
}

test('widget: in Arabic it reads from right to left', async ({ visit }) => {
  const page = await visit();
  await page.goto('');
  await page.locator('parley-chat').evaluate((chat) => chat.setAttribute('locale', 'ar'));
  const root = page.locator('parley-chat .root');
  await expect(root).toHaveCSS('direction', 'rtl');
  await page.locator('parley-chat .launcher').click();
  const panel = page.getByRole('dialog');
  await panel.getByRole('textbox').fill('أين طلبي؟');
  await panel.getByRole('textbox').press('Enter');
  await expect(panel.getByText(/No model is configured/).first()).toBeVisible();
  await picture(page, 'widget-arabic');
  // One's own words stand at the end of the line, which is the left here.
  const own = await panel.getByText('أين طلبي؟', { exact: true }).boundingBox();
  const box = await panel.boundingBox();
  expect(own!.x - box!.x).toBeLessThan(box!.x + box!.width - (own!.x + own!.width));
});

test('console: on a phone there is place for the list or for a conversation', async ({ server, visit }) => {
  await server.call('POST', 'api/messages/', undefined, { name: 'Cy Customer', content: 'Where is my parcel?' });
  const { viewport, userAgent, deviceScaleFactor, isMobile, hasTouch } = devices['Pixel 7'];
  const desk = new Console(await visit({ viewport, userAgent, deviceScaleFactor, isMobile, hasTouch }));
  await desk.signInWithToken(server.token('eve', { role: 'agent' }));
  await expect(desk.inbox).toBeVisible();
  await picture(desk.page, 'console-phone-inbox');
  await desk.inbox.tap();
  await expect(desk.messages.getByText('Where is my parcel?', { exact: true })).toBeVisible();
  await expect(desk.inbox).toBeHidden();
  await desk.button('Claim').tap();
  const news = desk.page.locator('mat-snack-bar-container', { hasText: 'The conversation is yours.' });
  await expect(news).toBeInViewport({ ratio: 1 });
  const [over, send] = [await news.boundingBox(), await desk.button('Send').boundingBox()];
  expect(over!.y + over!.height, 'the news is above what sends').toBeLessThanOrEqual(send!.y);
  await desk.reply('Let me look');
  await expect(desk.messages.getByText('Let me look', { exact: true })).toBeVisible();
  await picture(desk.page, 'console-phone-conversation');
  expect(await desk.page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
  await desk.page.getByRole('link', { name: 'Back to the list' }).tap();
  await expect(desk.inbox).toBeVisible();
  await desk.page.getByRole('button', { name: 'Open the menu' }).tap();
  await desk.goTo('My rooms');
  await expect(desk.page.getByRole('heading', { name: 'My rooms', level: 1 })).toBeVisible();
});
