import type { Locator, Page } from '@playwright/test';

/** The console, as an agent or an administrator finds it. */
export class Console {
  readonly conversation: Locator;

  constructor(readonly page: Page) {
    this.conversation = page.getByRole('region', { name: 'Conversation', exact: true });
  }

  async signInWithToken(token: string, base = ''): Promise<void> {
    await this.page.goto(`${base}console/`);
    await this.page.getByRole('tab', { name: 'Token' }).click();
    await this.page.getByRole('textbox', { name: 'Token' }).fill(token);
    await this.page.getByRole('button', { name: 'Sign in' }).click();
    await this.page.getByRole('heading', { name: 'Inbox', level: 1 }).waitFor();
  }

  async signInWithPassword(username: string, password: string): Promise<void> {
    await this.page.goto('console/');
    await this.page.getByRole('textbox', { name: 'Username' }).fill(username);
    await this.page.getByLabel('Password').fill(password);
    await this.page.getByRole('button', { name: 'Sign in' }).click();
    await this.page.getByRole('heading', { name: 'Inbox', level: 1 }).waitFor();
  }

  async goTo(place: string): Promise<void> {
    await this.page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: place }).click();
  }

  /** The conversations that are listed. */
  get inbox(): Locator {
    return this.page.getByRole('region', { name: 'Conversations' }).getByRole('listitem').getByRole('link');
  }

  get messages(): Locator {
    return this.conversation.getByRole('log', { name: 'Messages' });
  }

  button(name: string): Locator {
    return this.conversation.getByRole('button', { name, exact: true });
  }

  async reply(text: string): Promise<void> {
    const field = this.conversation.getByRole('textbox', { name: /^Reply to/ });
    await field.fill(text);
    await field.press('Enter');
  }

  async note(text: string): Promise<void> {
    await this.button('Private note').click();
    await this.conversation.getByRole('textbox', { name: /^Private note/ }).fill(text);
    await this.button('Add note').click();
  }
}
