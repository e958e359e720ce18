import { Chat, mockReply, shop } from '../pages/chat';
import { Console } from '../pages/console';
import { expectAccessible } from '../world/axe';
import { expect, picture, test } from '../world/test';

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

// Swagger UI is not ours: axe finds its colours and its nesting wanting. What is held is that it shows all there is.
test('the page of the API', async ({ visit }) => {
  const page = await visit();
  await page.goto('api/docs/');
  await expect(page.getByText('/chat/history').first()).toBeVisible();
  await page
    .getByRole('button', { name: /get .chat.history/i })
    .first()
    .click();
  await expect(page.getByText('Responses').first()).toBeVisible();
  await picture(page, 'api-docs');
});
