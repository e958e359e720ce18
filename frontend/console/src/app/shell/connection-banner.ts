import { ChangeDetectionStrategy, Component, computed, inject } from '@angular/core';
import { MatIcon } from '@angular/material/icon';
import { Live } from '../core/live';

/** Says that the console is not up to date, while it is not. */
@Component({
  selector: 'parley-connection-banner',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [MatIcon],
  host: { role: 'status' },
  template: `
    @if (text(); as news) {
      <p><mat-icon svgIcon="alert" />{{ news }}</p>
    }
  `,
  styles: `
    p {
      display: flex;
      align-items: center;
      gap: 10px;
      padding: 8px 20px;
      background: var(--warn-surface);
      color: var(--warn);
    }
    mat-icon {
      flex: none;
      width: 18px;
      height: 18px;
    }
  `,
})
export class ConnectionBanner {
  private readonly live = inject(Live);
  protected readonly text = computed(() => {
    switch (this.live.connection()) {
      case 'offline':
        return 'No connection to the server. What you write is sent when it is back.';
      case 'draining':
        return 'The server restarts. You will be connected again in a moment.';
      case 'refused':
        return 'The server refuses the connection.';
      default:
        return '';
    }
  });
}
