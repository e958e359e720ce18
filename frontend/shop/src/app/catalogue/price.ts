import { Pipe, type PipeTransform } from '@angular/core';

const EURO = new Intl.NumberFormat('en-IE', { style: 'currency', currency: 'EUR' });

/** Cents as people write them. */
@Pipe({ name: 'price' })
export class Price implements PipeTransform {
  transform(cents: number): string {
    return EURO.format(cents / 100);
  }
}
