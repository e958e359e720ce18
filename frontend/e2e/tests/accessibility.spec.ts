import { devices, type Locator, type Page } from '@playwright/test';
import { Chat, mockReply, shop } from '../pages/chat';
import { Console } from '../pages/console';
import { expectAccessible } from '../world/axe';
import { expect, test } from '../world/test';

test('the start page and the widget', async ({ visit }) => {
  test.slow();
  const chat = new Chat(await visit());
  await chat.goto();
  await expect(chat.launcher).toBeVisible();
  await expectAccessible(chat.page, 'start');
  await chat.open();
  await expect(chat.panel.getByText('Hello! How can we help?').first()).toBeVisible();
  await expect(chat.panel.getByText('Answers right away').first()).toBeVisible();
  await expectAccessible(chat.page, 'widget-open');
  await chat.say('Where is *my* parcel?');
  await expect(chat.panel.getByText(/No model is configured/).first()).toBeVisible();
  await expect(chat.panel.locator('em')).toHaveText('my');
  await expectAccessible(chat.page, 'widget-conversation');
  await chat.button('Talk to a person').click();
  await expect(chat.panel.getByText('You are next in the queue').first()).toBeVisible();
  await expectAccessible(chat.page, 'widget-escalated');
  await chat.button('Clear history').click();
  await expect(chat.panel.getByRole('alertdialog')).toBeVisible();
  await expectAccessible(chat.page, 'widget-asks-to-clear');
});

test('the shop', async ({ visit }) => {
  test.slow();
  const chat = new Chat(await visit(), shop);
  await chat.goto();
  await expect(chat.launcher).toBeVisible();
  await expectAccessible(chat.page, 'shop');
  await chat.page.getByRole('button', { name: 'Sign in' }).click();
  await expect(chat.page.getByRole('dialog', { name: 'Sign in' })).toBeVisible();
  await expectAccessible(chat.page, 'shop-sign-in');
  await chat.page.getByRole('button', { name: 'Not now' }).click();
  await chat.open();
  await chat.say('Where is my parcel?');
  await expect(chat.text(mockReply('Where is my parcel?'))).toBeVisible();
  await expectAccessible(chat.page, 'shop-conversation');
  await chat.button('Talk to a person').click();
  await expect(chat.panel.getByText('A person will answer you soon: you are number 1.').first()).toBeVisible();
  await expectAccessible(chat.page, 'shop-escalated');
});

test('the console', async ({ server, visit }) => {
  test.slow();
  const admin = server.token('root', { name: 'Rita Root', role: 'admin' });
  const ann = server.token('ann', { name: 'Ann Other', email: 'ann@example.com' });
  await server.call('GET', 'auth/me', ann);
  await server.call('GET', 'auth/me', admin);
  const { roomId } = await server.call<{ roomId: string }>('POST', 'chat/rooms', ann, {
    roomName: 'The kiln',
    users: ['ann', 'root'],
  });
  await server.call('POST', 'chat/messages', ann, { roomId, message: 'It is hot' });
  const asked = await server.call<{ items: { conversation: string }[] }>('POST', 'api/messages/', undefined, {
    name: 'Cy Customer',
    email: 'cy@example.com',
    content: 'Where is my parcel?',
  });
  await server.call('POST', 'api/messages/', undefined, { name: 'Dee', content: 'Hello?' });
  await server.call('POST', `api/conversation/${asked.items[0].conversation}/notes`, admin, {
    content: 'Ask for the number',
  });

  const page = await visit();
  const desk = new Console(page);
  await page.goto('console/');
  await expect(page.getByRole('heading', { name: 'Sign in to the console' })).toBeVisible();
  await expectAccessible(page, 'console-sign-in');
  await desk.signInWithToken(admin);
  await expect(desk.inbox).toHaveCount(2);
  await expectAccessible(page, 'console-inbox');
  await desk.inbox.filter({ hasText: 'Cy Customer' }).click();
  await expect(desk.messages.getByText('Ask for the number')).toBeVisible();
  await desk.button('Claim').click();
  await desk.reply('Let me look');
  await expect(desk.messages.getByText('Let me look')).toBeVisible();
  await expect(page.getByText('The conversation is yours.')).toHaveCount(0);
  await expectAccessible(page, 'console-conversation');
  await desk.goTo('My rooms');
  await page.getByRole('link', { name: /The kiln/ }).click();
  await expect(page.getByText('It is hot').last()).toBeVisible();
  await expectAccessible(page, 'console-room');
  for (const [place, heading, name] of [
    ['All rooms', 'All rooms', 'rooms'],
    ['Users', 'Users', 'users'],
    ['Chatbots', 'Chatbots', 'chatbots'],
    ['Webhooks', 'Webhooks', 'webhooks'],
    ['Live figures', 'Live figures', 'figures'],
    ['Audit', 'Audit', 'audit'],
  ]) {
    await desk.goTo(place);
    await expect(page.getByRole('heading', { name: heading, level: 1 })).toBeVisible();
    await expect(page.getByRole('progressbar')).toHaveCount(0);
    await expectAccessible(page, `console-${name}`);
  }
  await desk.goTo('Chatbots');
  await page.getByRole('link', { name: /default/i }).click();
  await expect(page.getByRole('button', { name: /upload|add/i }).first()).toBeVisible();
  await expectAccessible(page, 'console-chatbot');
});

test('the page of the API, with an operation opened', async ({ visit }) => {
  test.slow();
  const page = await visit();
  await page.goto('api/docs/');
  const post = page.locator('#operations-Messages-postMessage');
  await post.getByRole('button', { name: 'POST /chat/messages Post a message' }).click();
  await expect(post.getByRole('heading', { name: 'Responses' })).toBeVisible();
  await expectAccessible(page, 'api-operation');
});

test('the page of the API, where operations are tried out', async ({ visit, watch }) => {
  test.slow();
  watch.excuse(/status of 401/);
  const page = await visit();
  await page.goto('api/docs/');
  const tried = async (id: string): Promise<Locator> => {
    const operation = page.locator(`#operations-${id}`);
    await operation.getByRole('button', { expanded: false }).first().click();
    await operation.getByRole('button', { name: 'Try it out' }).click();
    return operation;
  };
  const post = await tried('Messages-postMessage');
  await expect(post.getByRole('textbox', { name: 'Request body' })).toHaveValue(/"contentType"/);
  await post.getByRole('button', { name: 'Execute' }).click();
  await expect(post.getByRole('heading', { name: 'Server response' })).toBeVisible();
  const people = await tried('Administration-adminListUsers');
  await people.getByRole('combobox', { name: 'role' }).selectOption('guest');
  const erase = await tried('Administration-adminDeleteMessages');
  await erase.getByRole('textbox', { name: 'ids, one a line' }).fill('one\ntwo\n');
  await expectAccessible(page, 'api-try-it-out');
  const asked = page.waitForRequest((request) => request.method() === 'DELETE');
  await erase.getByRole('button', { name: 'Execute' }).click();
  expect(new URL((await asked).url()).searchParams.get('ids'), 'a list is sent as the server reads it').toBe('one,two');
});

for (const [state, open] of [
  [
    'schemas',
    async (page: Page) => {
      await page.getByRole('button', { name: 'Schemas' }).click();
      await page
        .getByRole('button', { name: /^AddedDocument/ })
        .first()
        .click();
    },
  ],
  [
    'keys',
    async (page: Page) => {
      await page.getByRole('button', { name: 'Authorize', exact: true }).click();
      const keys = page.getByRole('dialog', { name: 'Available authorizations' });
      await expect(keys.getByRole('heading', { name: 'Available authorizations' })).toBeVisible();
      await expect(keys.getByRole('button', { name: 'Close' })).not.toHaveCount(0);
    },
  ],
] as const) {
  test(`the page of the API on a phone: its ${state}`, async ({ visit }) => {
    test.slow();
    const { viewport, deviceScaleFactor, isMobile, hasTouch } = devices['Pixel 7'];
    const page = await visit({ viewport, deviceScaleFactor, isMobile, hasTouch });
    await page.goto('api/docs/');
    await open(page);
    await expectAccessible(page, `api-phone-${state}`);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
  });
}
