import { ChangeDetectionStrategy, Component, inject, signal } from '@angular/core';
import { Account } from './account/account';
import { SignInDialog } from './account/sign-in-dialog';
import { Basket } from './basket/basket';
import { BasketDialog } from './basket/basket-dialog';
import { Picture } from './catalogue/picture';
import { ProductCard } from './catalogue/product-card';
import { PRODUCTS, type Product } from './catalogue/products';
import { ChatWidget } from './chat/chat-widget';

@Component({
  selector: 'shop-root',
  imports: [BasketDialog, ChatWidget, Picture, ProductCard, SignInDialog],
  templateUrl: './shop.html',
  styleUrl: './shop.css',
  changeDetection: ChangeDetectionStrategy.OnPush,
})
export class Shop {
  protected readonly products = PRODUCTS;
  protected readonly account = inject(Account);
  protected readonly basket = inject(Basket);
  protected readonly said = signal('');

  protected add(product: Product): void {
    this.basket.add(product);
    this.said.set(`${product.name} is in the basket, ${this.basket.count()} in all.`);
  }
}
