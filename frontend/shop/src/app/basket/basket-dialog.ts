import { ChangeDetectionStrategy, Component, ElementRef, inject, viewChild } from '@angular/core';
import { Price } from '../catalogue/price';
import { Basket } from './basket';

@Component({
  selector: 'shop-basket-dialog',
  imports: [Price],
  templateUrl: './basket-dialog.html',
  styleUrl: './basket-dialog.css',
  changeDetection: ChangeDetectionStrategy.OnPush,
})
export class BasketDialog {
  protected readonly basket = inject(Basket);
  private readonly dialog = viewChild.required<ElementRef<HTMLDialogElement>>('dialog');

  open(): void {
    this.dialog().nativeElement.showModal();
  }

  protected close(): void {
    this.dialog().nativeElement.close();
  }
}
