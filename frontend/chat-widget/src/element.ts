import { render, type TemplateResult } from 'lit/html.js';

/**
 * An element that Lit's templates show in its shadow root: once for all that has changed, in a microtask behind it. It
 * does what the widget needs of LitElement, which weighs as much as the templates themselves.
 */
export abstract class RenderedElement extends HTMLElement {
  protected readonly renderRoot = this.attachShadow({ mode: 'open' });
  private readonly values: Record<string, unknown> = {};
  private readonly worn = new Set<string>();
  private updating: Promise<void> | undefined;

  /** Gives a class properties that are shown; an attribute of that name sets one, and is not set by it. */
  static have(names: readonly string[]): void {
    for (const name of names) {
      Object.defineProperty(this.prototype, name, {
        get(this: RenderedElement) {
          return this.values[name] ?? null;
        },
        set(this: RenderedElement, value: unknown) {
          this.values[name] = value;
          this.requestUpdate();
        },
      });
    }
  }

  constructor(styles: string) {
    super();
    this.wear(styles);
  }

  /** Adds styles, once. They are constructed, so that a page's `style-src` need not know of them. */
  wear(styles: string): void {
    if (this.worn.has(styles)) return;
    this.worn.add(styles);
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(styles);
    this.renderRoot.adoptedStyleSheets.push(sheet);
  }

  /** What was set before the element was defined would hide its properties. */
  protected adopt(names: readonly string[]): void {
    for (const name of names) {
      const own = Object.getOwnPropertyDescriptor(this, name);
      if (own && Reflect.deleteProperty(this, name)) Object.assign(this, { [name]: own.value as unknown });
    }
  }

  get updateComplete(): Promise<void> {
    return this.updating ?? Promise.resolve();
  }

  requestUpdate(): void {
    this.updating ??= Promise.resolve().then(() => {
      this.updating = undefined;
      if (!this.isConnected) return; // it is shown when it is back
      this.willUpdate();
      render(this.render(), this.renderRoot);
      this.updated();
    });
  }

  protected abstract willUpdate(): void;
  protected abstract render(): TemplateResult;
  protected abstract updated(): void;
}
