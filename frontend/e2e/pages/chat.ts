import type { Locator, Page } from '@playwright/test';

interface Words {
  path: string;
  open: RegExp;
  heading: string;
  field: string;
  send: string;
  close: string;
  clear: string;
  clearYes: string;
  offline: RegExp;
  queued: string;
  interrupted: string;
  person: string;
}

/** The widget, which stands on the start page. */
export const widget: Words = {
  path: '',
  open: /^Open chat/,
  heading: 'Chat with us',
  field: 'Write a message…',
  send: 'Send message',
  close: 'Close chat',
  clear: 'Clear history',
  clearYes: 'Clear history',
  offline: /^No connection\./,
  queued: 'Waiting for the connection',
  interrupted: 'The reply broke off',
  person: 'Talk to a person',
};

/** The shop, whose chat is the Angular panel. */
export const shop: Words = {
  path: 'demo/',
  open: /^Chat with us/,
  heading: 'Kiln & Fern, at your service',
  field: 'Write a message',
  send: 'Send',
  close: 'Close the chat',
  clear: 'Clear history',
  clearYes: 'Clear',
  offline: /^No connection\./,
  queued: 'Waiting for the connection',
  interrupted: 'The answer broke off here.',
  person: 'Talk to a person',
};

/** A customer's chat, as they find it: by what things are called. */
export class Chat {
  readonly launcher: Locator;
  readonly panel: Locator;
  readonly field: Locator;

  constructor(
    readonly page: Page,
    readonly words: Words = widget,
  ) {
    this.launcher = page.getByRole('button', { name: words.open });
    this.panel = page.getByRole(words === shop ? 'region' : 'dialog', { name: words.heading });
    this.field = this.panel.getByRole('textbox', { name: words.field });
  }

  async goto(base = ''): Promise<void> {
    await this.page.goto(base + this.words.path);
  }

  async open(): Promise<void> {
    await this.launcher.click();
  }

  async close(): Promise<void> {
    await this.button(this.words.close).click();
  }

  async say(text: string): Promise<void> {
    await this.field.fill(text);
    await this.field.press('Enter');
  }

  async clear(): Promise<void> {
    await this.button(this.words.clear).click();
    await this.panel
      .getByRole(this.words === shop ? 'group' : 'alertdialog')
      .getByRole('button', { name: this.words.clearYes, exact: true })
      .click();
  }

  /** Elements with a text and nothing else. */
  text(text: string | RegExp): Locator {
    return this.panel.getByText(text, { exact: true });
  }

  button(name: string): Locator {
    return this.panel.getByRole('button', { name, exact: true });
  }

  /** The token that the page keeps: who one is to the server. */
  async token(): Promise<string> {
    return this.page.evaluate(() => {
      for (const value of Object.values({ ...localStorage })) {
        const token = /eyJ[\w-]+\.[\w-]+\.[\w-]+/.exec(String(value));
        if (token) return token[0];
      }
      throw new Error('the page keeps no token');
    });
  }
}

/** What the built-in assistant answers. */
export const mockReply = (question: string): string =>
  `You asked: “${question}” I am Parley's built-in assistant. No model is configured, so I can only repeat what I was asked.`;
