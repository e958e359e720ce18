import { ChangeDetectionStrategy, Component, computed, input } from '@angular/core';
import { MatIcon } from '@angular/material/icon';
import { initials, tone } from './words';

/** A round picture of a name: its letters, or an icon for who has none. It says nothing that the text beside it does not. */
@Component({
  selector: 'parley-avatar',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [MatIcon],
  host: { 'aria-hidden': 'true', '[class]': '"tone-" + tone()' },
  template: `
    @if (icon()) {
      <mat-icon [svgIcon]="icon()" />
    } @else if (name()) {
      {{ initials() }}
    } @else {
      <mat-icon svgIcon="user" />
    }
  `,
  styles: `
    :host {
      display: inline-flex;
      flex: none;
      align-items: center;
      justify-content: center;
      width: 40px;
      height: 40px;
      border-radius: 50%;
      font: var(--mat-sys-title-small);
      background: light-dark(#dbe4ff, #26365f);
      color: light-dark(#1d3a8a, #c3d2ff);
    }
    :host(.small) {
      width: 30px;
      height: 30px;
      font-size: 12px;
    }
    mat-icon {
      width: 55%;
      height: 55%;
    }
    :host(.tone-1) {
      background: light-dark(#d8f3e3, #123f29);
      color: light-dark(#0d5730, #a4ebc1);
    }
    :host(.tone-2) {
      background: light-dark(#ffe3d3, #54290f);
      color: light-dark(#8a3605, #ffc7a4);
    }
    :host(.tone-3) {
      background: light-dark(#f3dcff, #472060);
      color: light-dark(#6a1b9a, #e7bfff);
    }
    :host(.tone-4) {
      background: light-dark(#ffdce8, #5a1a35);
      color: light-dark(#97114a, #ffb3cf);
    }
    :host(.tone-5) {
      background: light-dark(#d3f0f5, #0c3f49);
      color: light-dark(#075766, #a3e4f0);
    }
  `,
})
export class Avatar {
  readonly name = input('');
  readonly icon = input('');
  /** What the colour is taken from; the name unless said. */
  readonly id = input('');
  protected readonly initials = computed(() => initials(this.name()));
  protected readonly tone = computed(() => tone(this.id() || this.name(), 6));
}
