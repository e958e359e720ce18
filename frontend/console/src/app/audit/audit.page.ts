import { ChangeDetectionStrategy, Component, effect, inject, signal, untracked } from '@angular/core';
import { RouterLink } from '@angular/router';
import { Api } from '../core/api';
import { People } from '../core/people';
import { Act } from '../core/wire';
import { ListFoot } from '../shared/list-foot';
import { Listing } from '../shared/listing';
import { SearchField } from '../shared/search-field';
import { WhenPipe } from '../shared/when.pipe';

/** What administrators did. */
@Component({
  selector: 'parley-audit',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [ListFoot, RouterLink, SearchField, WhenPipe],
  host: { class: 'page' },
  template: `
    <div class="page-head">
      <h1>Audit</h1>
      <p>What administrators changed, and whose messages they read.</p>
    </div>
    <div class="tools">
      <parley-search label="Id of an administrator" [(value)]="actor" />
      <parley-search label="Kind of act, as room.delete" [(value)]="act" />
    </div>
    <div class="table-card">
      <div class="table-scroll">
        <table class="rows">
          <caption class="only-read">
            Acts
          </caption>
          <thead>
            <tr>
              <th scope="col">When</th>
              <th scope="col" class="wide">Who</th>
              <th scope="col">What</th>
              <th scope="col">To</th>
              <th scope="col">Detail</th>
            </tr>
          </thead>
          <tbody>
            @for (act of list.items(); track act._id) {
              <tr>
                <td class="when muted">{{ act.at | when }}</td>
                <td class="wide">{{ act.actor ? people.name(act.actor) : 'Command line' }}</td>
                <td>
                  <span class="chip">{{ act.act }}</span>
                </td>
                <td>
                  @if (act.room) {
                    <a [routerLink]="['/admin/rooms', act.room]">Room</a>
                  }
                  @if (act.user) {
                    <a [routerLink]="['/admin/users', act.user]">{{ people.name(act.user) }}</a>
                  }
                </td>
                <td class="text said">{{ detail(act) }}</td>
              </tr>
            }
          </tbody>
        </table>
      </div>
      <parley-list-foot [list]="list" what="acts" empty="Nothing was done." />
    </div>
  `,
})
export class AuditPage {
  private readonly api = inject(Api);
  protected readonly people = inject(People);
  protected readonly actor = signal('');
  protected readonly act = signal('');
  protected readonly list = new Listing<Act>(async (page) => {
    const query = { actor: untracked(this.actor), act: untracked(this.act), ...page };
    const found = await this.api.get<{ audit: Act[]; count: number }>('admin/chat/audit', query);
    return { items: found.audit, count: found.count };
  });

  constructor() {
    effect(() => {
      this.actor();
      this.act();
      untracked(() => void this.list.load(0));
    });
  }

  protected detail(act: Act): string {
    return Object.entries(act.detail ?? {})
      .map(([name, value]) => `${name}: ${value}`)
      .join('\n');
  }
}
