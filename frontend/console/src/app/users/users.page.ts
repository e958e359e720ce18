import { ChangeDetectionStrategy, Component, effect, inject, signal, untracked } from '@angular/core';
import { FormsModule } from '@angular/forms';
import { MatButton, MatIconButton } from '@angular/material/button';
import { MatDialog } from '@angular/material/dialog';
import { MatFormField, MatLabel } from '@angular/material/form-field';
import { MatIcon } from '@angular/material/icon';
import { MatMenuModule } from '@angular/material/menu';
import { MatSelectModule } from '@angular/material/select';
import { RouterLink } from '@angular/router';
import { firstValueFrom } from 'rxjs';
import { Api } from '../core/api';
import { Session } from '../core/session';
import { AdminUser, Role, roles } from '../core/wire';
import { ListFoot } from '../shared/list-foot';
import { Listing } from '../shared/listing';
import { SearchField } from '../shared/search-field';
import { WhenPipe } from '../shared/when.pipe';
import { UserActs } from './user-acts';

/** All users whom the server knows. */
@Component({
  selector: 'parley-users',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [
    FormsModule,
    ListFoot,
    MatButton,
    MatFormField,
    MatIcon,
    MatIconButton,
    MatLabel,
    MatMenuModule,
    MatSelectModule,
    RouterLink,
    SearchField,
    WhenPipe,
  ],
  host: { class: 'page' },
  templateUrl: './users.page.html',
})
export class UsersPage {
  private readonly api = inject(Api);
  private readonly dialog = inject(MatDialog);
  private readonly acts = inject(UserActs);
  protected readonly session = inject(Session);
  protected readonly roles = roles;
  protected readonly search = signal('');
  protected readonly role = signal<Role | ''>('');
  protected readonly list = new Listing<AdminUser>(async (page) => {
    const query = { search: untracked(this.search), role: untracked(this.role), ...page };
    const found = await this.api.get<{ users: AdminUser[]; count: number }>('admin/chat/users', query);
    return { items: found.users, count: found.count };
  });

  constructor() {
    effect(() => {
      this.search();
      this.role();
      untracked(() => void this.list.load(0));
    });
  }

  protected async create(): Promise<void> {
    const { NewUserDialog } = await import('./new-user.dialog');
    if (
      await firstValueFrom(this.dialog.open<unknown, void, AdminUser>(NewUserDialog, { width: '440px' }).afterClosed())
    ) {
      await this.list.load(0);
    }
  }

  protected async setRole(user: AdminUser, role: Role): Promise<void> {
    if (await this.acts.setRole(user, role)) {
      await this.list.load();
    }
  }

  protected async block(user: AdminUser): Promise<void> {
    if (await this.acts.block(user)) {
      await this.list.load();
    }
  }
}
