import type { Page } from '@playwright/test';
import { Chat, shop, widget } from '../pages/chat';
import { Console } from '../pages/console';
import { expect, picture, test as base } from '../world/test';

const test = base.extend({
  settings: async ({ model }, use) => use({ PARLEY_ASSISTANT_URL: model.url }),
});

const name = '<img src=x onerror=alert("name")>';
const title = '<img src=x onerror=alert(2)>.md';
const question = [
  '<script>alert("script")</script>',
  '<img src=x onerror=alert("image")>',
  '<svg onload=alert("svg")>',
  '<iframe srcdoc="<script>parent.alert(1)</script>"></iframe>',
  '<a href="javascript:alert(\'link\')">a</a>',
  'javascript:alert(1) data:text/html,<script>alert(1)</script>',
  '{{constructor.constructor("alert(1)")()}} kiln',
].join('\n');
const answer = `${question}

[one](javascript:alert('markdown')) [two](JaVaScRiPt:alert(1)) [three](data:text/html,<script>alert(1)</script>)
![image](https://elsewhere.invalid/pixel.png) ![x](x"onerror="alert(1))
<https://example.com/"onmouseover="alert(1)> [four](vbscript:x) \`<b>code</b>\`

| a | b |
|---|---|
| <img src=x onerror=alert("cell")> | <style>*{display:none}</style> |

<form action="https://elsewhere.invalid/"><input name=q></form><base href="https://elsewhere.invalid/">
**the end**`;

/** Nothing that a message says is an element that runs, loads or leads astray, in any shadow. */
async function expectHarmless(page: Page): Promise<void> {
  const found = await page.evaluate(() => {
    const roots: (Document | ShadowRoot)[] = [document];
    const bad: string[] = [];
    for (const root of roots) {
      for (const element of root.querySelectorAll('*')) {
        if (element.shadowRoot) roots.push(element.shadowRoot);
        if (
          element.matches(
            'body :is(iframe, object, embed, base, form[action], img[src="x"], img[src^="http"], script:not([src]))',
          )
        )
          bad.push(element.outerHTML);
        if (
          element.getRootNode() !== document &&
          element.matches('iframe, object, embed, base, form[action], img, script')
        )
          bad.push(element.outerHTML);
        for (const { name, value } of element.attributes) {
          if (/^on/i.test(name) || /^\s*(javascript|data:text|vbscript):/i.test(value))
            bad.push(`${element.tagName} ${name}=${value}`);
        }
      }
    }
    return bad;
  });
  expect(found).toEqual([]);
}

for (const [place, words] of Object.entries({ widget, shop })) {
  test(`${place} and console: script, links and HTML are text, in messages, names and titles`, async ({
    server,
    model,
    visit,
  }) => {
    const admin = server.token('root', { role: 'admin' });
    const form = new FormData();
    form.append(
      'file',
      new Blob(['# Kiln `<img src=x onerror=alert(3)>`\n\nThe kiln <script>alert(4)</script> is hot.']),
      title,
    );
    await server.call('POST', 'chatbot/default/documents', admin, form);
    model.answer = () => answer;

    const page = await visit();
    const chat = new Chat(page, words);
    const token = server.token('mallory', { name, email: 'm@example.com"><script>alert(1)</script>' });
    await server.call('GET', 'auth/me', token);
    if (words === shop) {
      const user = { _id: 'mallory', name, role: 'user' };
      await page.addInitScript(
        (kept) => localStorage.setItem('kiln-and-fern.session', kept),
        JSON.stringify({ token, user }),
      );
    }
    await chat.goto();
    if (words === widget)
      await page.locator('parley-chat').evaluate((element, value) => element.setAttribute('token', value), token);
    await chat.open();
    await chat.say(question);
    await expect(chat.panel.getByText('the end').first()).toBeVisible();
    await expect(chat.panel.getByText('<script>alert("script")</script>').first()).toBeVisible();
    await chat.say('How hot is the kiln?');
    await expect(chat.text('How hot is the kiln?')).toHaveCount(1);
    await expect(chat.panel.getByText(title).first()).toBeAttached();
    for (const summary of await chat.panel.locator('summary').all()) await summary.click();
    await expectHarmless(page);
    for (const link of await chat.panel.getByRole('link').all()) {
      await expect(link).toHaveAttribute('href', /^(https?|mailto|tel):/);
      await expect(link).toHaveAttribute('rel', /noopener/);
    }
    await picture(page, `${place}-hostile`);

    await chat.button(words.person).click();
    const desk = new Console(await visit());
    await desk.signInWithToken(admin);
    await expect(desk.inbox).toHaveCount(1);
    await expect(desk.inbox).toContainText(name);
    await desk.inbox.click();
    await expect(desk.messages.getByText('**the end**').first()).toBeVisible();
    await expect(desk.conversation.getByRole('heading', { name })).toBeVisible();
    await expectHarmless(desk.page);
    await picture(desk.page, `console-hostile-${place}`);
    await desk.goTo('Users');
    await expect(desk.page.getByRole('link', { name })).toBeVisible();
    await expectHarmless(desk.page);
    await desk.goTo('Chatbots');
    await desk.page.getByRole('link', { name: /default/i }).click();
    await expect(desk.page.getByText(title)).toBeVisible();
    await expectHarmless(desk.page);
  });
}
