import { ChangeDetectionStrategy, Component, inject } from '@angular/core';
import { MatButton, MatIconButton } from '@angular/material/button';
import { MatDialog } from '@angular/material/dialog';
import { MatIcon } from '@angular/material/icon';
import { MatTabsModule } from '@angular/material/tabs';
import { firstValueFrom } from 'rxjs';
import { Api } from '../core/api';
import { Notices } from '../core/notices';
import { Delivery, Webhook } from '../core/wire';
import { Confirm } from '../shared/confirm';
import { ListFoot } from '../shared/list-foot';
import { Listing } from '../shared/listing';
import { WhenPipe } from '../shared/when.pipe';

/** Addresses that are told of conversations, and what could not be delivered to them. */
@Component({
  selector: 'parley-webhooks',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [ListFoot, MatButton, MatIcon, MatIconButton, MatTabsModule, WhenPipe],
  host: { class: 'page' },
  templateUrl: './webhooks.page.html',
  styles: '.table-card, .tools { margin-top: 16px; }',
})
export class WebhooksPage {
  private readonly api = inject(Api);
  private readonly confirm = inject(Confirm);
  private readonly dialog = inject(MatDialog);
  private readonly notices = inject(Notices);
  protected readonly hooks = new Listing<Webhook>(async () => {
    const found = await this.api.get<{ webhooks: Webhook[]; count: number }>('admin/chat/webhooks');
    return { items: found.webhooks, count: found.count };
  });
  protected readonly dead = new Listing<Delivery>(async (page) => {
    const found = await this.api.get<{ deliveries: Delivery[]; count: number }>('admin/chat/webhooks/dead', page);
    return { items: found.deliveries, count: found.count };
  });

  constructor() {
    void this.hooks.load();
    void this.dead.load();
  }

  protected async create(): Promise<void> {
    const { NewWebhookDialog } = await import('./new-webhook.dialog');
    const ref = this.dialog.open<unknown, void, boolean>(NewWebhookDialog, { width: '520px', disableClose: true });
    await firstValueFrom(ref.afterClosed());
    await this.hooks.load();
  }

  protected async delete(hook: Webhook): Promise<void> {
    const sure = await this.confirm.ask({
      title: 'Delete this webhook?',
      text: `${hook.url} is told nothing any more; what was on its way there is dropped.`,
      action: 'Delete',
    });
    if (
      sure &&
      (await this.notices.tried(this.api.delete(`admin/chat/webhooks/${encodeURIComponent(hook.id)}`), 'Deleted.'))
    ) {
      await Promise.all([this.hooks.load(), this.dead.load()]);
    }
  }

  protected async retry(delivery: Delivery): Promise<void> {
    const path = `admin/chat/webhooks/dead/${encodeURIComponent(delivery.id)}/retry`;
    if (await this.notices.tried(this.api.post(path), 'It is tried once more.')) {
      await this.dead.load();
    }
  }

  protected address(id: string): string {
    return this.hooks.items().find((hook) => hook.id === id)?.url ?? id;
  }
}
