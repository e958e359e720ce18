import { Injectable, computed, signal } from '@angular/core';
import type { Product } from '../catalogue/products';

export interface Line {
  product: Product;
  count: number;
}

/** What the visitor would buy; forgotten with the page. */
@Injectable({ providedIn: 'root' })
export class Basket {
  private readonly kept = signal<readonly Line[]>([]);

  readonly lines = this.kept.asReadonly();
  readonly count = computed(() => this.kept().reduce((sum, line) => sum + line.count, 0));
  readonly total = computed(() => this.kept().reduce((sum, line) => sum + line.count * line.product.price, 0));

  add(product: Product): void {
    this.kept.update((lines) =>
      lines.some((line) => line.product === product)
        ? lines.map((line) => (line.product === product ? { product, count: line.count + 1 } : line))
        : [...lines, { product, count: 1 }],
    );
  }

  remove(product: Product): void {
    this.kept.update((lines) => lines.filter((line) => line.product !== product));
  }
}
