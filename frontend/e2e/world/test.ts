import { test as base, expect, type BrowserContextOptions, type Page } from '@playwright/test';
import { mkdir } from 'node:fs/promises';
import { artifacts } from './places';
import { Model } from './model';
import { Server, type Settings } from './server';
import { Watch } from './watch';

interface World {
  /** The server's settings, beside those that every test needs. */
  settings: Settings;
  server: Server;
  /** Started before a server that is told of it in `settings`. */
  model: Model;
  watch: Watch;
  /** Somebody with a browser of their own. */
  visit: (options?: BrowserContextOptions) => Promise<Page>;
}

export const test = base.extend<World>({
  settings: [{}, { option: true }],
  server: async ({ settings }, use, info) => {
    const server = await Server.create(settings);
    await use(server);
    await server.remove();
    if (info.status !== info.expectedStatus)
      await info.attach('server.log', { body: server.log, contentType: 'text/plain' });
    expect(server.log, 'the server has neither panicked nor raced').not.toMatch(/panic:|DATA RACE/);
  },
  model: async ({}, use) => {
    const model = new Model();
    await model.start();
    await use(model);
    await model.stop();
  },
  watch: async ({ server }, use) => {
    const watch = new Watch();
    watch.allow(server.host);
    await use(watch);
    expect(watch.problems, 'what the pages did that no page may').toEqual([]);
  },
  visit: async ({ browser, server, watch }, use) => {
    const contexts: { close(): Promise<void> }[] = [];
    await use(async (options = {}) => {
      const context = await browser.newContext({
        baseURL: server.url,
        locale: 'en-GB',
        reducedMotion: 'reduce',
        viewport: { width: 1200, height: 800 },
        ...options,
      });
      contexts.push(context);
      await watch.over(context);
      return context.newPage();
    });
    for (const context of contexts) await context.close();
  },
});

export { expect };

/** Keeps a picture of a state, to be looked at. */
export async function picture(page: Page, name: string): Promise<void> {
  await mkdir(`${artifacts}/pictures`, { recursive: true });
  await settled(page);
  await page.screenshot({ path: `${artifacts}/pictures/${name}.png` });
}

/** Waits for what moves to have come to rest; what turns for ever does not count. */
export async function settled(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const roots: (Document | ShadowRoot)[] = [document];
    for (const root of roots) {
      for (const element of root.querySelectorAll('*')) if (element.shadowRoot) roots.push(element.shadowRoot);
    }
    const moving = roots
      .flatMap((root) => root.getAnimations())
      .filter((one) => Number.isFinite(one.effect?.getComputedTiming().endTime));
    await Promise.allSettled(moving.map((one) => one.finished));
  });
}
