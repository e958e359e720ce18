import { Injectable, inject } from '@angular/core';
import { Api } from '../core/api';
import { Notices } from '../core/notices';
import { AdminUser, Role } from '../core/wire';
import { Confirm } from '../shared/confirm';

/** What administrators do to users. Each says whether it was done. */
@Injectable({ providedIn: 'root' })
export class UserActs {
  private readonly api = inject(Api);
  private readonly confirm = inject(Confirm);
  private readonly notices = inject(Notices);

  async setRole(user: AdminUser, role: Role): Promise<boolean> {
    if (role === user.role) {
      return false;
    }
    const done = `${user.name || user._id} is ${role} now, and has to sign in again.`;
    return !!(await this.notices.tried(this.api.patch(path(user), { role }), done));
  }

  /** Blocks a user, after asking, or takes the block away. */
  async block(user: AdminUser): Promise<boolean> {
    const name = user.name || user._id;
    if (user.blocked) {
      return !!(await this.notices.tried(this.api.put(path(user, '/unblock')), `${name} may come in again.`));
    }
    const sure = await this.confirm.ask({
      title: `Block ${name}?`,
      text: 'Their connections end at once, and they cannot come in until they are unblocked.',
      action: 'Block',
    });
    return sure && !!(await this.notices.tried(this.api.put(path(user, '/block')), `${name} is blocked.`));
  }
}

function path(user: AdminUser, below = ''): string {
  return `admin/chat/users/${encodeURIComponent(user._id)}${below}`;
}
