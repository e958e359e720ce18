import { chromium, type Browser, type Page } from '@playwright/test';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

// DOMPurify needs a real document: this runs the built part in a browser, where both are there.
const part = new URL('../../dist/widget/widget-markdown.js', import.meta.url);
const executablePath = '/usr/bin/chromium';

describe.skipIf(!existsSync(part) || !existsSync(executablePath))('Markdown', () => {
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
    page = await browser.newPage();
    const code = await readFile(part, 'utf8');
    // As a text: Vitest would rewrite the import of a function.
    await page.evaluate(`(async () => {
      const url = URL.createObjectURL(new Blob([${JSON.stringify(code)}], { type: 'text/javascript' }));
      Object.assign(window, await import(url));
    })()`);
  }, 30_000);

  afterAll(() => browser?.close());

  const html = (text: string): Promise<string> =>
    page.evaluate((source) => {
      const div = document.createElement('div');
      div.append((window as unknown as { render(text: string): DocumentFragment }).render(source));
      return div.innerHTML;
    }, text);

  it('renders what Markdown is for', async () => {
    expect(await html('**a** `b`\n\n- c\n- d')).toMatch(/<strong>a<\/strong> <code>b<\/code>[^]*<li>c<\/li>/);
    expect(await html('# Title')).toBe('<p><strong>Title</strong></p>');
    expect(await html('|a|\n|-|\n|b|')).toContain('<td>b</td>');
  });

  it('opens links in a new tab, without telling where from', async () => {
    expect(await html('[a](https://a.test/)')).toBe(
      '<p><a href="https://a.test/" target="_blank" rel="noopener noreferrer">a</a></p>\n',
    );
  });

  it.each([
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '![x](https://evil.test/a.png)',
    '![x" onerror="alert(1)](https://evil.test/a.png)',
    '[x](javascript:alert(1))',
    '[x](JaVaScRiPt&colon;alert(1))',
    '[x](data:text/html,<script>alert(1)</script>)',
    '[x](https://a.test/ "t\\" onmouseover=\\"alert(1)")',
    '<a href="javascript:alert(1)" style="position:fixed">x</a>',
    '<svg><style><img src=x onerror=alert(1)></style></svg>',
    '<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>',
    '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    '`<img src=x onerror=alert(1)>`',
    '```"><img src=x onerror=alert(1)>\nx\n```',
    '<form action="https://evil.test"><input name=a></form>',
    '<p id="title" class="panel" slot="x">x</p>',
  ])('lets nothing through of %s', async (text) => {
    const found = await page.evaluate((source) => {
      const { render } = window as unknown as { render(text: string): DocumentFragment };
      const bad: string[] = [];
      for (const element of render(source).querySelectorAll('*')) {
        if (/^(script|img|svg|style|iframe|form|input|math|object|embed)$/i.test(element.localName))
          bad.push(element.localName);
        for (const { name, value } of element.attributes) {
          const fine =
            name === 'href' ? /^(https?|mailto|tel):/.test(value) : ['target', 'rel', 'start'].includes(name);
          if (!fine) bad.push(`${name}=${value}`);
        }
      }
      return bad;
    }, text);
    expect(found).toEqual([]);
  });
});
