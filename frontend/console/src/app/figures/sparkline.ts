import { ChangeDetectionStrategy, Component, computed, input } from '@angular/core';

export const width = 120;
export const height = 32;

/** A small curve of the last values; what it says is in the number beside it. */
@Component({
  selector: 'parley-sparkline',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <svg [attr.viewBox]="box" preserveAspectRatio="none" aria-hidden="true">
      @if (points(); as points) {
        <polygon [attr.points]="'0,' + bottom + ' ' + points + ' ' + right + ',' + bottom" />
        <polyline [attr.points]="points" />
      }
    </svg>
  `,
  styles: `
    :host {
      display: block;
      height: 36px;
    }
    svg {
      width: 100%;
      height: 100%;
      overflow: visible;
    }
    polyline {
      fill: none;
      stroke: var(--mat-sys-primary);
      stroke-width: 2;
      vector-effect: non-scaling-stroke;
    }
    polygon {
      fill: color-mix(in srgb, var(--mat-sys-primary) 14%, transparent);
    }
  `,
})
export class Sparkline {
  readonly values = input.required<readonly number[]>();
  protected readonly box = `0 0 ${width} ${height}`;
  protected readonly right = width;
  protected readonly bottom = height;
  protected readonly points = computed(() => curve(this.values()));
}

/** The points of a curve through the values, from the left edge to the right one; '' for fewer than two. */
export function curve(values: readonly number[]): string {
  if (values.length < 2) {
    return '';
  }
  const most = Math.max(...values);
  const least = Math.min(0, ...values);
  const span = most - least || 1;
  const step = width / (values.length - 1);
  return values
    .map((value, i) => `${(i * step).toFixed(1)},${(height - 1 - ((value - least) / span) * (height - 2)).toFixed(1)}`)
    .join(' ');
}
