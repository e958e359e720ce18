import { Chat } from '../pages/chat';
import { Console } from '../pages/console';
import { root } from '../world/places';
import { expect, settled, test as base } from '../world/test';

// The pictures of the documentation: `make pictures`. They are made of the real pages, and prove nothing.
const test = base.extend({
  settings: async ({ model }, use) => use({ PARLEY_ASSISTANT_URL: model.url }),
});

const directory = `${root}docs/pictures`;

test('widget.png and console.png', async ({ server, model, visit }) => {
  model.answer = (question) =>
    /dishwasher/.test(question)
      ? 'Yes: our cups are fired twice, at 1,240 °C, and go into the dishwasher.'
      : 'I am sorry to hear that. I can call somebody who looks at it with you.';
  const chat = new Chat(await visit({ viewport: { width: 1200, height: 800 } }));
  const ann = server.token('ann', { name: 'Ann Weaver', email: 'ann@example.com' });
  await chat.goto();
  await chat.page.locator('parley-chat').evaluate((element, token) => {
    (element as HTMLElement & { setToken(token: string): void }).setToken(token);
  }, ann);
  await chat.open();
  await chat.say('Can the cups go into the dishwasher?');
  await expect(chat.panel.getByText('1,240 °C').first()).toBeVisible();
  await chat.say('Good. One of mine arrived with a crack, though.');
  await expect(chat.panel.getByText('I can call somebody').first()).toBeVisible();
  await chat.button('Talk to a person').click();
  await expect(chat.panel.getByText(/next in the queue/i).first()).toBeVisible();

  for (const [name, email, content] of [
    ['Cy Porter', 'cy@example.com', 'Is the tall vase there again in spring?'],
    ['Dee Marlow', 'dee@example.com', 'My parcel has not moved since Monday.'],
  ]) {
    await server.call('POST', 'api/messages/', undefined, { name, email, content });
  }
  const desk = new Console(await visit({ viewport: { width: 1280, height: 800 } }));
  await desk.signInWithToken(server.token('eve', { name: 'Eve Miller', role: 'agent' }));
  await expect(desk.inbox).toHaveCount(3);
  await desk.inbox.filter({ hasText: 'Ann Weaver' }).click();
  await desk.button('Claim').click();
  await desk.reply('Hello Ann, this is Eve. A new cup leaves today; please keep the old one as a pen holder.');
  await desk.note('Third crack from the batch of 12 May: tell the workshop.');
  await expect(chat.panel.getByText('this is Eve').first()).toBeVisible();
  await desk.button('Reply').click();
  await chat.say('Wonderful, thank you!');
  await expect(desk.messages.getByText('Wonderful, thank you!')).toBeVisible();
  await expect(desk.page.getByText('The conversation is yours.')).toHaveCount(0);
  await settled(chat.page);
  await chat.page.screenshot({ path: `${directory}/widget.png` });
  await settled(desk.page);
  await desk.page.screenshot({ path: `${directory}/console.png` });
});
