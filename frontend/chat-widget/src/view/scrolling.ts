/** This close to the end counts as the end, and to the top as asking for what is older; in CSS pixels. */
const near = 60;

/** Keeps the newest message in sight, unless the reader looks at older ones, and the panel as high as the screen. */
export class Scrolling {
  /** Whether the newest message is out of sight. */
  up = false;
  private loading = false;

  constructor(
    private readonly find: <T extends Element>(selector: string) => T | null,
    private readonly changed: () => Promise<unknown>,
    private readonly older: () => Promise<void> | undefined,
  ) {}

  readonly onScroll = (): void => {
    const log = this.find('.scroll');
    if (!log) return;
    const up = log.scrollHeight - log.scrollTop - log.clientHeight > near;
    if (up !== this.up) {
      this.up = up;
      void this.changed();
    }
    if (log.scrollTop < near && up && !this.loading) void this.loadOlder();
  };

  /** After each rendering, and when an image has its height. */
  readonly settle = (): void => {
    const log = this.find('.scroll');
    if (log && !this.up) log.scrollTop = log.scrollHeight;
    this.fit();
  };

  /** The text field grows with its text; on small screens the panel ends where the keyboard begins. */
  readonly fit = (): void => {
    const field = this.find<HTMLTextAreaElement>('textarea');
    if (!field) return;
    field.style.height = 'auto';
    field.style.height = `${field.scrollHeight}px`;
    const { visualViewport: view } = window;
    const height = view && view.scale === 1 ? `${view.height}px` : '100dvh';
    this.find<HTMLElement>('.panel')?.style.setProperty('--_screen', height);
  };

  /** What is older comes above what is read, which stays where it is. */
  async loadOlder(): Promise<void> {
    this.loading = true;
    await this.older();
    const log = this.find('.scroll');
    const below = log ? log.scrollHeight - log.scrollTop : 0;
    await this.changed();
    if (log && this.up) log.scrollTop = log.scrollHeight - below;
    this.loading = false;
  }
}
