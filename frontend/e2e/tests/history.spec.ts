import { Chat, mockReply, shop, widget } from '../pages/chat';
import { expect, picture, test } from '../world/test';

for (const [name, words] of Object.entries({ widget, shop })) {
  test(`${name}: a message and its mock reply are stored, there again after a reload, and cleared`, async ({
    server,
    visit,
  }) => {
    const chat = new Chat(await visit(), words);
    await chat.goto();
    await chat.open();
    await expect(chat.field).toBeFocused();
    await chat.say('Where is my parcel?');
    await expect(chat.text('Where is my parcel?')).toHaveCount(1);
    await expect(chat.text(mockReply('Where is my parcel?'))).toHaveCount(1);
    await picture(chat.page, `${name}-conversation`);

    const token = await chat.token();
    const stored = await server.history(token);
    expect(stored.map(({ message }) => message)).toEqual(['Where is my parcel?', mockReply('Where is my parcel?')]);
    expect(stored.map(({ status }) => status)).toEqual(['complete', 'complete']);
    expect(await server.hasStored('Where is my parcel?')).toBe(true);
    expect(await server.hasStored(mockReply('Where is my parcel?'))).toBe(true);

    await chat.page.reload();
    await chat.open();
    await expect(chat.text('Where is my parcel?')).toHaveCount(1);
    await expect(chat.text(mockReply('Where is my parcel?'))).toHaveCount(1);

    await chat.clear();
    await expect(chat.text('Where is my parcel?')).toHaveCount(0);
    await expect(chat.text(mockReply('Where is my parcel?'))).toHaveCount(0);
    await expect.poll(() => server.history(token)).toEqual([]);
    await chat.page.reload();
    await chat.open();
    await chat.say('Here again');
    await expect(chat.text(mockReply('Here again'))).toHaveCount(1);
    await expect(chat.text('Where is my parcel?')).toHaveCount(0);
  });
}
