import type { BrowserContext, Page } from '@playwright/test';

/**
 * Looks over the shoulder of every page of a test. A page that writes an error, breaks its policy, opens a dialog or
 * asks another host for anything fails the test, whatever else it shows.
 */
export class Watch {
  readonly problems: string[] = [];
  /** All that came in over sockets, and the text of all answers, by the page's own context. */
  private readonly heard = new Map<BrowserContext, string[]>();
  private readonly hosts = new Set<string>();
  private excused: RegExp[] = [];

  allow(host: string): void {
    this.hosts.add(host);
  }

  /** What a browser writes by itself and a test brings about on purpose, such as a lost connection. */
  excuse(pattern: RegExp): void {
    this.excused.push(pattern);
  }

  async over(context: BrowserContext): Promise<void> {
    this.heard.set(context, []);
    context.on('page', (page) => this.follow(page));
    await context.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) =>
        console.error(`policy: ${event.effectiveDirective} refuses ${event.blockedURI} ${event.sourceFile ?? ''}`),
      );
    });
  }

  /** Everything that the server ever told a visitor's pages over their sockets. */
  told(page: Page): string {
    return this.heard.get(page.context())?.join('\n') ?? '';
  }

  private follow(page: Page): void {
    page.on('console', (message) => {
      if (message.type() === 'error') this.note(`console: ${message.text()} ${message.location().url}`);
    });
    page.on('pageerror', (error) => this.note(`error: ${error.stack ?? error.message}`));
    page.on('dialog', (dialog) => {
      this.note(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('request', (request) => this.check(request.url()));
    page.on('websocket', (socket) => {
      this.check(socket.url());
      socket.on('framereceived', ({ payload }) => this.heard.get(page.context())?.push(payload.toString()));
    });
  }

  private check(address: string): void {
    const { protocol, host } = new URL(address);
    if (['http:', 'https:', 'ws:', 'wss:'].includes(protocol) && !this.hosts.has(host)) {
      this.problems.push(`another host is asked: ${address}`);
    }
  }

  private note(problem: string): void {
    if (!this.excused.some((pattern) => pattern.test(problem))) this.problems.push(problem);
  }
}
