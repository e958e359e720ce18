import { ChangeDetectionStrategy, Component, computed, input } from '@angular/core';
import { MatButton, MatIconButton } from '@angular/material/button';
import { MatProgressBar } from '@angular/material/progress-bar';
import { Listing } from './listing';

/** What stands below a list: that it is being read, empty, could not be read, or has more pages. */
@Component({
  selector: 'parley-list-foot',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [MatButton, MatIconButton, MatProgressBar],
  template: `
    @if (list().loading() && !list().read()) {
      <mat-progress-bar mode="indeterminate" aria-label="Loading" />
    }
    @if (list().problem(); as problem) {
      <p class="state problem" role="alert">
        {{ problem }}
        <button matButton type="button" (click)="list().load()">Try again</button>
      </p>
    } @else if (list().read() && !list().items().length) {
      <p class="state muted">{{ empty() }}</p>
    }
    @if (list().count() > list().limit) {
      <nav class="pages" [attr.aria-label]="'Pages of ' + what()">
        <span class="muted">{{ range() }}</span>
        <button matIconButton type="button" aria-label="Previous page" [disabled]="!list().skip()" (click)="turn(-1)">
          ‹
        </button>
        <button matIconButton type="button" aria-label="Next page" [disabled]="!more()" (click)="turn(1)">›</button>
      </nav>
    }
  `,
  styles: `
    .state {
      padding: 28px 16px;
      text-align: center;
    }
    .pages {
      display: flex;
      align-items: center;
      justify-content: flex-end;
      gap: 4px;
      padding: 4px 12px;
      border-top: 1px solid var(--mat-sys-outline-variant);
    }
    .pages button {
      font-size: 22px;
    }
  `,
})
export class ListFoot {
  readonly list = input.required<Listing<unknown>>();
  readonly what = input('the list');
  readonly empty = input('Nothing here yet.');
  protected readonly more = computed(() => this.list().skip() + this.list().limit < this.list().count());
  protected readonly range = computed(() => {
    const list = this.list();
    const last = Math.min(list.skip() + list.limit, list.count());
    // Counts of searches stop at 10,000.
    return `${list.skip() + 1}–${last} of ${list.count()}${list.count() === 10_000 ? ' or more' : ''}`;
  });

  protected turn(by: number): void {
    void this.list().load(Math.max(0, this.list().skip() + by * this.list().limit));
  }
}
