import { expect, test } from '../world/test';
import { Watch } from '../world/watch';

test('who watches sees errors, dialogs, other hosts and what a policy refuses', async ({ browser, server }) => {
  const watch = new Watch();
  watch.allow(server.host);
  const context = await browser.newContext({ baseURL: server.url });
  await watch.over(context);
  const page = await context.newPage();
  await page.goto('');
  expect(watch.problems).toEqual([]);
  await page.evaluate(() => {
    console.error('said by the page');
    setTimeout(() => {
      throw new Error('thrown by the page');
    });
    setTimeout(() => alert('opened by the page'));
    void fetch('http://elsewhere.invalid/x').catch(() => undefined);
    document.body.insertAdjacentHTML(
      'beforeend',
      '<p style="color: red">styled</p><img src="http://pictures.invalid/x">',
    );
  });
  for (const problem of [
    'said by the page',
    'thrown by the page',
    'opened by the page',
    'elsewhere.invalid',
    'policy: style-src-attr',
    'policy: img-src',
  ]) {
    await expect.poll(() => watch.problems.join('\n')).toContain(problem);
  }
  await context.close();
});
