import { createServer, type Server as HttpServer } from 'node:http';
import { Console } from '../pages/console';
import { listen, shut } from '../world/ports';
import { expect, test as base } from '../world/test';

/** Somebody's system that is told of conversations; `status` is what it answers. */
class Receiver {
  status = 500;
  url = '';
  readonly ids: string[] = [];
  private readonly server: HttpServer = createServer((request, response) => {
    this.ids.push(String(request.headers['webhook-id']));
    request.resume().on('end', () => response.writeHead(this.status).end());
  });

  async start(): Promise<void> {
    this.url = `http://127.0.0.1:${await listen(this.server)}/told`;
  }

  async stop(): Promise<void> {
    await shut(this.server);
  }
}

const test = base.extend<{ receiver: Receiver }>({
  settings: { PARLEY_WEBHOOK_NETWORKS: '127.0.0.0/8' },
  receiver: async ({}, use) => {
    const receiver = new Receiver();
    await receiver.start();
    await use(receiver);
    await receiver.stop();
  },
});

test('console: a delivery that was refused for good is sent once more', async ({ server, receiver, visit }) => {
  const admin = server.token('root', { role: 'admin' });
  const hook = { url: receiver.url, events: ['conversation.created'] };
  await server.call('POST', 'admin/chat/webhooks', admin, hook);
  await server.call('POST', 'api/messages/', undefined, { content: 'Where is my parcel?' });
  await expect.poll(() => receiver.ids.length).toBe(1);
  // Its twelve attempts take hours: the database is told that there were eleven.
  await server.kill();
  server.sql('UPDATE webhook_deliveries SET attempts = 11, due_at = 0, leased_until = 0');
  await server.start();

  const desk = new Console(await visit());
  await desk.signInWithToken(admin);
  await expect.poll(() => receiver.ids.length).toBe(2);
  await desk.goTo('Webhooks');
  await desk.page.getByRole('tab', { name: /^Dead deliveries/ }).click();
  const row = desk.page.getByRole('row', { name: receiver.url });
  await expect(async () => {
    await desk.page.getByRole('button', { name: 'Read again' }).click();
    await expect(row).toContainText('conversation.created', { timeout: 1000 });
  }).toPass({ timeout: 10_000 });
  await expect(row.getByRole('cell', { name: '12', exact: true })).toBeVisible();

  receiver.status = 204;
  await row.getByRole('button', { name: 'Retry' }).click();
  await expect(desk.page.getByText('It is tried once more.').first()).toBeVisible();
  await expect(row).toHaveCount(0);
  await expect.poll(() => receiver.ids.length).toBe(3);
  expect(new Set(receiver.ids).size, 'it is the same delivery').toBe(1);
});
