import { ChangeDetectionStrategy, Component, input, output } from '@angular/core';
import { Price } from './price';
import { Picture } from './picture';
import type { Product } from './products';

@Component({
  selector: 'li[shopProduct]',
  imports: [Picture, Price],
  templateUrl: './product-card.html',
  styleUrl: './product-card.css',
  changeDetection: ChangeDetectionStrategy.OnPush,
})
export class ProductCard {
  readonly product = input.required<Product>({ alias: 'shopProduct' });
  readonly add = output<Product>();
  readonly ask = output<Product>();
}
