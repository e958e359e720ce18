import { expect, test } from 'vitest';

import { Timeline } from '../src/timeline.js';

const stored = { _id: 'm1', room: 'r', seq: 1, cursor: 'e:1', nonce: 'n', message: 'hello', sender: 'ann' };

for (const order of ['the event first', 'the ack first']) {
  test(`what was written before it was known who one is, is there once: ${order}`, () => {
    let user = '';
    const timeline = new Timeline(
      { room: () => 'r', user: () => user, loaded: () => true, role: () => 'user' },
      () => undefined,
    );
    timeline.add('n', { message: 'hello' }, new Date(0));
    user = 'ann';
    const steps = [
      () => timeline.put(stored),
      () => timeline.confirm('n', { messageId: 'm1', seq: 1, cursor: 'e:1', createdAt: '2026-01-01T00:00:00.000Z' }),
    ];
    for (const step of order === 'the event first' ? steps : steps.reverse()) step();
    expect(timeline.messages).toMatchObject([{ id: 'm1', seq: 1, own: true, status: 'complete', text: 'hello' }]);
  });
}
