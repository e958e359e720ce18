import { html, nothing } from 'lit/html.js';
import { loadPart } from './base';
import { alertIcon, closeIcon, icon, personIcon, sparkIcon } from './view/icons';

const retryAfter = 10_000;

/** What parts draw with: the widget's own, because a second Lit would be a second thing to load. */
export const drawing = { html, nothing, icon, alertIcon, closeIcon, personIcon, sparkIcon };
export type Drawing = typeof drawing;

/** A part of the widget's that is loaded when it is first needed, and what is made of it. */
export class Lazy<P, T = P> {
  /** It, once it is there. */
  made: T | undefined;
  private loading: Promise<T> | undefined;

  constructor(
    private readonly name: string,
    private readonly make: (part: P) => T,
  ) {}

  /** Loads it, once; what could not be loaded is asked for again after a while. */
  load(): Promise<T> {
    return (this.loading ??= loadPart<P>(this.name).then(
      (part) => (this.made = this.make(part)),
      (error: unknown) => {
        setTimeout(() => (this.loading = undefined), retryAfter);
        throw error;
      },
    ));
  }

  /** It, if it is there already; else `ready` is called once it is. */
  get(ready: () => void): T | undefined {
    if (!this.made) this.load().then(ready, () => undefined);
    return this.made;
  }
}
