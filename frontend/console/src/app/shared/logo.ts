import { ChangeDetectionStrategy, Component } from '@angular/core';

/** Parley's sign: two who talk. */
@Component({
  selector: 'parley-logo',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <svg viewBox="0 0 32 32" aria-hidden="true">
      <path class="one" d="M5 4h15a4 4 0 0 1 4 4v7a4 4 0 0 1-4 4h-8l-6 5v-5H5a4 4 0 0 1-4-4V8a4 4 0 0 1 4-4z" />
      <path
        class="two"
        d="M27 11a4 4 0 0 1 4 4v6a4 4 0 0 1-4 4v4l-5-4h-8a4 4 0 0 1-3.300-1.700L14.500 21H20a6 6 0 0 0 6-6v-4z"
      />
    </svg>
    <span>Parley</span>
  `,
  styles: `
    :host {
      display: inline-flex;
      align-items: center;
      gap: 10px;
      font: var(--mat-sys-title-large);
      font-weight: 700;
      letter-spacing: -0.01em;
    }
    svg {
      width: 30px;
      height: 30px;
    }
    .one {
      fill: var(--mat-sys-primary);
    }
    .two {
      fill: var(--mat-sys-tertiary);
    }
  `,
})
export class Logo {}
