import { Chat, shop, widget } from '../pages/chat';
import { expect, picture, test as base } from '../world/test';

const test = base.extend({
  settings: async ({ model }, use) => use({ PARLEY_ASSISTANT_URL: model.url }),
});

for (const [name, words] of Object.entries({ widget, shop })) {
  test(`${name}: the server is killed while a reply streams and a user types, and nothing is lost or there twice`, async ({
    server,
    model,
    watch,
    visit,
  }) => {
    watch.excuse(/ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|WebSocket connection to .* failed/);
    const chat = new Chat(await visit(), words);
    await chat.goto();
    await chat.open();
    await chat.say('Tell me a long story');
    await expect.poll(() => model.asked).toEqual(['Tell me a long story']);
    model.say('Once upon a time ');
    model.say('there was a kiln');
    await expect(chat.text('Once upon a time there was a kiln')).toHaveCount(1);
    await picture(chat.page, `${name}-streaming`);
    // What streams is stored at least once a second.
    await expect.poll(() => server.hasStored('Once upon a time there was a kiln')).toBe(true);

    await chat.field.pressSequentially('Are you ');
    await server.kill();
    await chat.field.pressSequentially('there?');
    await expect(chat.panel.getByText(words.offline)).toBeVisible();
    await chat.field.press('Enter');
    await expect(chat.panel.getByText(words.queued)).toBeVisible();
    await chat.field.pressSequentially('Half a thou');
    await picture(chat.page, `${name}-offline`);

    model.answer = () => 'Here I am';
    await server.start();
    await expect(chat.panel.getByText(words.offline)).toHaveCount(0);
    await expect(chat.panel.getByText(words.queued)).toHaveCount(0);
    await expect(chat.text('Here I am')).toHaveCount(1);
    await expect(chat.text('Are you there?')).toHaveCount(1);
    await expect(chat.text('Tell me a long story')).toHaveCount(1);
    await expect(chat.text('Once upon a time there was a kiln')).toHaveCount(1);
    await expect(chat.text(words.interrupted)).toHaveCount(1);
    await expect(chat.field).toHaveValue('Half a thou');
    await picture(chat.page, `${name}-interrupted`);

    const stored = await server.history(await chat.token());
    expect(stored.map(({ message, status }) => `${message.trim()} (${status})`).sort()).toEqual([
      'Are you there? (complete)',
      'Here I am (complete)',
      'Once upon a time there was a kiln (interrupted)',
      'Tell me a long story (complete)',
    ]);
    expect(model.asked).toEqual(['Tell me a long story', 'Are you there?']);

    await chat.page.reload();
    await chat.open();
    for (const text of [
      'Tell me a long story',
      'Once upon a time there was a kiln',
      words.interrupted,
      'Are you there?',
      'Here I am',
    ]) {
      await expect(chat.text(text)).toHaveCount(1);
    }
  });
}

test('widget: what was queued when the page was closed is sent once when it is opened again', async ({
  server,
  model,
  watch,
  visit,
}) => {
  watch.excuse(/ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|WebSocket connection to .* failed/);
  model.answer = (question) => `Answer to: ${question}`;
  const chat = new Chat(await visit());
  await chat.goto();
  await chat.open();
  await chat.say('First');
  await expect(chat.text('Answer to: First')).toHaveCount(1);
  await server.kill();
  await expect(chat.panel.getByText(widget.offline)).toBeVisible();
  await chat.say('Second');
  await expect(chat.panel.getByText(widget.queued)).toBeVisible();
  await server.start();
  await chat.page.reload();
  await chat.open();
  await expect(chat.text('Answer to: Second')).toHaveCount(1);
  await expect(chat.text('Second')).toHaveCount(1);
  expect(model.asked).toEqual(['First', 'Second']);
});
