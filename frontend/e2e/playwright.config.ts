import { defineConfig } from '@playwright/test';
import { artifacts } from './world/places';

// The tests of the pages, in the system's own Chromium: no browser is downloaded. One worker, because each test has a
// server and one or two browsers; no retries, because what passes at the second try is broken.
export default defineConfig({
  testDir: 'tests',
  outputDir: `${artifacts}/results`,
  workers: 1,
  retries: 0,
  forbidOnly: true,
  timeout: 45_000,
  globalTimeout: 14 * 60_000,
  expect: { timeout: 10_000 },
  reporter: [['list']],
  // The pictures of the documentation are made on demand: `make pictures`.
  testIgnore: process.env.PARLEY_PICTURES ? [] : ['pictures.spec.ts'],
  use: {
    trace: { mode: 'retain-on-failure', screenshots: false },
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: '/usr/bin/chromium',
      // Root has no sandbox; containers have a small /dev/shm.
      args: ['--no-sandbox', '--disable-dev-shm-usage'],
    },
  },
});
