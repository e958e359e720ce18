import { ChangeDetectionStrategy, Component, effect, inject, input, signal, untracked } from '@angular/core';
import { MatButton, MatIconButton } from '@angular/material/button';
import { MatIcon } from '@angular/material/icon';
import { MatMenuModule } from '@angular/material/menu';
import { RouterLink } from '@angular/router';
import { Api } from '../core/api';
import { said } from '../core/api-error';
import { Session } from '../core/session';
import { AdminUser, Role, RoomMessage } from '../core/wire';
import { Avatar } from '../shared/avatar';
import { Listing } from '../shared/listing';
import { MessageTable } from '../shared/message-table';
import { SearchField } from '../shared/search-field';
import { WhenPipe } from '../shared/when.pipe';
import { UserActs } from './user-acts';

/** One user, and all that they wrote. */
@Component({
  selector: 'parley-user',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Avatar, MatButton, MatIcon, MatIconButton, MatMenuModule, MessageTable, RouterLink, SearchField, WhenPipe],
  host: { class: 'page' },
  template: `
    <div class="page-head">
      <a matIconButton routerLink="/admin/users" aria-label="Back to all users"><mat-icon svgIcon="back" /></a>
      @if (user(); as user) {
        <parley-avatar [name]="user.name || user._id" [id]="user._id" />
        <h1>{{ user.name || user._id }}</h1>
        <span class="chip" [class]="user.role">{{ user.role }}</span>
        @if (user.blocked) {
          <span class="chip bad">Blocked</span>
        }
        <span class="spacer"></span>
        @if (user._id !== session.id()) {
          @if (user.account) {
            <button matButton type="button" [matMenuTriggerFor]="role">
              <mat-icon svgIcon="user" />Change the role
            </button>
            <mat-menu #role="matMenu">
              @for (role of roles; track role) {
                @if (role !== user.role) {
                  <button mat-menu-item type="button" (click)="setRole(user, role)">Make {{ role }}</button>
                }
              }
            </mat-menu>
          }
          <button matButton type="button" [class.danger]="!user.blocked" (click)="block(user)">
            <mat-icon svgIcon="block" />{{ user.blocked ? 'Unblock' : 'Block' }}
          </button>
        }
        <p>
          {{ user.account ? 'Account “' + user.username + '”' : 'From outside'
          }}{{ user.email ? ' · ' + user.email : '' }} · since {{ user.createdAt | when }} · <code>{{ user._id }}</code>
        </p>
      } @else {
        <h1>User</h1>
      }
    </div>
    @if (problem(); as text) {
      <p class="problem" role="alert">{{ text }}</p>
    } @else {
      <div class="tools"><parley-search label="Words in what they wrote" [(value)]="search" /></div>
      <parley-message-table [list]="messages" />
    }
  `,
})
export class UserPage {
  private readonly api = inject(Api);
  private readonly acts = inject(UserActs);
  protected readonly session = inject(Session);
  readonly id = input.required<string>();
  protected readonly roles: readonly Role[] = ['user', 'agent', 'admin'];
  protected readonly user = signal<AdminUser | undefined>(undefined);
  protected readonly problem = signal('');
  protected readonly search = signal('');
  protected readonly messages = new Listing<RoomMessage>(async (page) => {
    const query = { search: untracked(this.search), ...page };
    const found = await this.api.get<{ messages: RoomMessage[]; count: number }>(`${this.path()}/messages`, query);
    return { items: found.messages, count: found.count };
  });

  constructor() {
    effect(() => {
      this.id();
      untracked(() => void this.load());
    });
    effect(() => {
      this.id();
      this.search();
      untracked(() => void this.messages.load(0));
    });
  }

  protected async setRole(user: AdminUser, role: Role): Promise<void> {
    if (await this.acts.setRole(user, role)) {
      await this.load();
    }
  }

  protected async block(user: AdminUser): Promise<void> {
    if (await this.acts.block(user)) {
      await this.load();
    }
  }

  private async load(): Promise<void> {
    try {
      this.user.set(await this.api.get<AdminUser>(this.path()));
      this.problem.set('');
    } catch (error) {
      this.problem.set(said(error));
    }
  }

  private path(): string {
    return `admin/chat/users/${encodeURIComponent(untracked(this.id))}`;
  }
}
