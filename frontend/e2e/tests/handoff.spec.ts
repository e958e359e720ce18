import { Chat, mockReply } from '../pages/chat';
import { Console } from '../pages/console';
import { expect, picture, test } from '../world/test';

test('a customer asks, a bot answers, an agent takes over, keeps a note, and resolves', async ({
  server,
  watch,
  visit,
}) => {
  const password = 'a password of eve';
  await server.call('POST', 'auth/register', undefined, { username: 'eve', password, name: 'Eve' });
  server.command('user', 'role', 'eve', 'agent');

  const chat = new Chat(await visit());
  await chat.goto();
  await chat.open();
  await chat.say('My cup is broken');
  await expect(chat.text(mockReply('My cup is broken'))).toHaveCount(1);

  const desk = new Console(await visit());
  await desk.signInWithPassword('eve', password);
  await expect(desk.inbox).toHaveCount(0);

  await chat.button('Talk to a person').click();
  await expect(chat.panel.getByText('You are next in the queue').first()).toBeVisible();
  await expect(chat.button('Talk to a person')).toHaveCount(0);
  await picture(chat.page, 'widget-waiting');

  await expect(desk.inbox).toHaveCount(1);
  await desk.inbox.click();
  await expect(desk.messages.getByText('My cup is broken', { exact: true })).toBeVisible();
  await expect(desk.messages.getByText(mockReply('My cup is broken'), { exact: true })).toBeVisible();
  await picture(desk.page, 'console-waiting');
  await desk.button('Claim').click();
  await expect(chat.panel.getByText('You are talking with an agent').first()).toBeVisible();

  await desk.reply('I am Eve. Which cup is it?');
  await expect(chat.text('I am Eve. Which cup is it?')).toHaveCount(1);
  await chat.say('The blue one');
  await expect(desk.messages.getByText('The blue one', { exact: true })).toHaveCount(1);
  await desk.note('Sounds like the bad batch');
  await expect(desk.messages.getByText('Sounds like the bad batch', { exact: true })).toHaveCount(1);
  await desk.button('Reply').click();
  await desk.reply('A new one is on its way');
  await expect(chat.text('A new one is on its way')).toHaveCount(1);
  await expect(desk.messages.getByText('A new one is on its way', { exact: true })).toHaveCount(1);
  await picture(chat.page, 'widget-agent');
  await picture(desk.page, 'console-conversation');

  await desk.button('Resolve').click();
  await expect(chat.panel.getByText('This conversation is resolved. Write to open it again.').first()).toBeVisible();
  await picture(chat.page, 'widget-resolved');

  await chat.page.reload();
  await chat.open();
  await expect(chat.text('A new one is on its way')).toHaveCount(1);
  await expect(chat.panel.getByText('bad batch')).toHaveCount(0);
  expect(watch.told(chat.page)).toContain('A new one is on its way');
  expect(watch.told(chat.page)).not.toContain('bad batch');
  const stored = await server.history(await chat.token());
  expect(stored.map(({ message }) => message)).toEqual([
    'My cup is broken',
    mockReply('My cup is broken'),
    'I am Eve. Which cup is it?',
    'The blue one',
    'A new one is on its way',
  ]);
});

test('who is no agent is told so, and sees no inbox', async ({ server, visit, watch }) => {
  watch.excuse(/status of 40[13]/);
  const page = await visit();
  await page.goto('console/');
  await page.getByRole('tab', { name: 'Token' }).click();
  await page.getByRole('textbox', { name: 'Token' }).fill('no token');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert')).toBeVisible();
  await page.getByRole('textbox', { name: 'Token' }).fill(server.token('ann', { role: 'user' }));
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('heading', { name: 'This is not for you yet' })).toBeVisible();
});

test('the inbox tells what is unread and the places in the queue as they are', async ({ server, visit }) => {
  const [first, second] = [new Chat(await visit()), new Chat(await visit())];
  for (const chat of [first, second]) {
    await chat.goto();
    await chat.open();
    await chat.say('Hello');
    await expect(chat.text(mockReply('Hello'))).toHaveCount(1);
    await chat.button('Talk to a person').click();
    await expect(chat.button('Talk to a person')).toHaveCount(0);
  }
  await expect(second.panel.getByText('You are number 2 in the queue').first()).toBeVisible();
  const desk = new Console(await visit());
  await desk.signInWithToken(server.token('eve', { role: 'agent' }));
  await desk.inbox.filter({ hasText: 'No. 1' }).click();
  await desk.button('Claim').click();
  await expect(second.panel.getByText('You are next in the queue').first()).toBeVisible();
  await expect(desk.inbox.filter({ hasText: 'No. 1' })).toHaveCount(1);
  await first.say('Are you there?');
  await expect(desk.messages.getByText('Are you there?', { exact: true })).toHaveCount(1);
  await expect(desk.inbox.filter({ hasText: 'Are you there?' }).getByText(/unread/)).toHaveCount(0);
});

test('the inbox tells guests from users, and everybody has one colour wherever they are shown', async ({
  server,
  visit,
}) => {
  const guest = new Chat(await visit());
  const user = new Chat(await visit());
  for (const [chat, words] of [
    [guest, 'I have no account'],
    [user, 'I have one'],
  ] as const) {
    await chat.goto();
    if (chat === user)
      await chat.page
        .locator('parley-chat')
        .evaluate((one, token) => one.setAttribute('token', token), server.token('ann', { name: 'Ann Weaver' }));
    await chat.open();
    await chat.say(words);
    await expect(chat.text(mockReply(words))).toHaveCount(1);
    await chat.button('Talk to a person').click();
    await expect(chat.button('Talk to a person')).toHaveCount(0);
  }
  const desk = new Console(await visit());
  await desk.signInWithToken(server.token('eve', { role: 'agent' }));
  await expect(desk.inbox).toHaveCount(2);
  await expect(desk.inbox.filter({ hasText: 'Ann Weaver' })).toContainText('Signed-in user');
  const listed = desk.inbox.filter({ hasNotText: 'Ann Weaver' });
  await expect(listed).not.toContainText('Signed-in user');
  await expect(listed.getByText('Guest', { exact: true }).last()).toBeVisible();

  for (const [item, words] of [
    [listed, 'I have no account'],
    [desk.inbox.filter({ hasText: 'Ann Weaver' }), 'I have one'],
  ] as const) {
    await item.click();
    const said = desk.messages.getByRole('article').filter({ has: desk.page.getByText(words, { exact: true }) });
    await expect(said).toBeVisible();
    const colour = await item.locator('parley-avatar').evaluate((one) => getComputedStyle(one).backgroundColor);
    await expect(desk.conversation.locator('header parley-avatar')).toHaveCSS('background-color', colour);
    await expect(said.locator('parley-avatar')).toHaveCSS('background-color', colour);
    await desk.button('Claim').click();
    await expect(desk.button('Resolve')).toBeVisible();
    await expect(said.locator('parley-avatar')).toHaveCSS('background-color', colour);
  }
});
