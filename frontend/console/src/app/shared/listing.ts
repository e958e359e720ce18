import { signal } from '@angular/core';
import { said } from '../core/api-error';

export interface Part<T> {
  items: T[];
  count: number;
}

/** A list that is read page by page. Of several readings under way the last one counts. */
export class Listing<T> {
  readonly items = signal<readonly T[]>([]);
  readonly count = signal(0);
  readonly skip = signal(0);
  readonly loading = signal(false);
  /** Whether it was ever read. */
  readonly read = signal(false);
  readonly problem = signal('');
  private turn = 0;

  constructor(
    private readonly reading: (page: { skip: number; limit: number }) => Promise<Part<T>>,
    readonly limit = 25,
  ) {}

  async load(skip = this.skip()): Promise<void> {
    const turn = ++this.turn;
    this.loading.set(true);
    this.skip.set(skip);
    try {
      const part = await this.reading({ skip, limit: this.limit });
      if (turn !== this.turn) {
        return;
      }
      if (part.items.length === 0 && skip > 0 && part.count <= skip) {
        return await this.load(Math.max(0, Math.ceil(part.count / this.limit) - 1) * this.limit); // the last of this page was deleted
      }
      this.items.set(part.items);
      this.count.set(part.count);
      this.problem.set('');
      this.read.set(true);
    } catch (error) {
      if (turn === this.turn) {
        this.problem.set(said(error));
      }
    } finally {
      if (turn === this.turn) {
        this.loading.set(false);
      }
    }
  }
}
