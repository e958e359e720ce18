import { ChangeDetectionStrategy, Component, input } from '@angular/core';
import type { PictureName } from './products';

/** A product's picture, drawn: the page asks no other host for anything. It says nothing that the name does not. */
@Component({
  selector: 'shop-picture',
  templateUrl: './picture.html',
  styleUrl: './picture.css',
  changeDetection: ChangeDetectionStrategy.OnPush,
  host: { '[class]': 'name()' },
})
export class Picture {
  readonly name = input.required<PictureName>();
}
