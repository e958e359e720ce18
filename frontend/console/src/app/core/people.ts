import { Injectable, inject, signal } from '@angular/core';
import { Api } from './api';
import { Session } from './session';
import { AdminUser } from './wire';
import { brief } from '../shared/words';

/**
 * Names for ids. Only administrators can look up who somebody is; to the others an
 * id is shown as it is, a long one by its beginning.
 */
@Injectable({ providedIn: 'root' })
export class People {
  private readonly api = inject(Api);
  private readonly session = inject(Session);
  private readonly known = signal<ReadonlyMap<string, string>>(new Map());
  private readonly asked = new Set<string>();

  /** The name, as far as it is known now: a signal's computation sees the better one when it comes. */
  name(id: string): string {
    if (id === this.session.id()) {
      return this.session.user()?.name || id;
    }
    const name = this.known().get(id);
    if (name === undefined && this.session.isAdmin() && !this.asked.has(id) && !id.startsWith('bot:')) {
      this.asked.add(id);
      queueMicrotask(() => void this.look(id));
    }
    return name || brief(id);
  }

  /** The same for somebody who answers customers, whose id may say nothing. */
  agent(id: string): string {
    const name = this.name(id);
    return name === id || name !== brief(id) ? name : 'Another agent';
  }

  private async look(id: string): Promise<void> {
    const user = await this.api.quiet<AdminUser>(`admin/chat/users/${encodeURIComponent(id)}`);
    if (user?.name) {
      this.known.update((known) => new Map(known).set(id, user.name));
    }
  }
}
