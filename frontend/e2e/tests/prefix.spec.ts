import { Chat, mockReply, shop, widget } from '../pages/chat';
import { Console } from '../pages/console';
import { Proxy } from '../world/proxy';
import { expect, picture, test as base } from '../world/test';

const test = base.extend<{ front: Proxy }>({
  settings: { PARLEY_TRUSTED_PROXIES: '127.0.0.1' },
  front: async ({ server, watch }, use) => {
    const proxy = new Proxy(server.host, '/support');
    await proxy.start();
    watch.allow(proxy.host);
    await use(proxy);
    await proxy.stop();
    expect(proxy.strays, 'everything is asked below the path').toEqual([]);
  },
});

test('below a path of a proxy, widget, shop and console work', async ({ server, front, visit }) => {
  for (const words of [widget, shop]) {
    const chat = new Chat(await visit({ baseURL: front.url }), words);
    await chat.goto();
    await chat.open();
    await chat.say('Below a path?');
    await expect(chat.text(mockReply('Below a path?'))).toHaveCount(1);
    await chat.page.reload();
    await chat.open();
    await expect(chat.text(mockReply('Below a path?'))).toHaveCount(1);
    await chat.button(words.person).click();
    await expect(chat.button(words.person)).toHaveCount(0);
  }
  const desk = new Console(await visit({ baseURL: front.url }));
  await desk.signInWithToken(server.token('root', { role: 'admin' }));
  await expect(desk.inbox).toHaveCount(2);
  await desk.inbox.first().click();
  await expect(desk.messages.getByText('Below a path?', { exact: true })).toBeVisible();
  await expect(desk.page).toHaveURL(/\/support\/console\/inbox\/[0-9a-f-]{36}$/);
  await desk.button('Claim').click();
  await desk.reply('It works');
  await expect(desk.messages.getByText('It works', { exact: true })).toHaveCount(1);
  // An address of the console's is one that can be kept.
  await desk.page.reload();
  await expect(desk.messages.getByText('It works', { exact: true })).toHaveCount(1);
  await picture(desk.page, 'console-below-a-path');

  const page = await visit({ baseURL: front.url });
  await page.goto('');
  await page.getByRole('link', { name: /^API/ }).click();
  await expect(page.getByText('/chat/history').first()).toBeVisible();
});
