import { BreakpointObserver } from '@angular/cdk/layout';
import { ChangeDetectionStrategy, Component, DestroyRef, computed, inject, signal } from '@angular/core';
import { takeUntilDestroyed, toSignal } from '@angular/core/rxjs-interop';
import { MatIconButton } from '@angular/material/button';
import { MatIcon } from '@angular/material/icon';
import { MatMenuModule } from '@angular/material/menu';
import { MatSidenavModule } from '@angular/material/sidenav';
import { NavigationEnd, Router, RouterLink, RouterLinkActive, RouterOutlet } from '@angular/router';
import { filter, map } from 'rxjs';
import { Api } from '../core/api';
import { isStatus } from '../core/api-error';
import { Live } from '../core/live';
import { Notices } from '../core/notices';
import { Queue } from '../core/queue';
import { Session } from '../core/session';
import { Look, Theme } from '../core/theme';
import { Account } from '../core/wire';
import { Avatar } from '../shared/avatar';
import { Logo } from '../shared/logo';
import { ConnectionBanner } from './connection-banner';

interface Place {
  path: string;
  icon: string;
  name: string;
}

/** What stands around every page: the ways to go, who one is, and how the connection fares. */
@Component({
  selector: 'parley-shell',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [
    Avatar,
    ConnectionBanner,
    Logo,
    MatIcon,
    MatIconButton,
    MatMenuModule,
    MatSidenavModule,
    RouterLink,
    RouterLinkActive,
    RouterOutlet,
  ],
  templateUrl: './shell.html',
  styleUrl: './shell.scss',
})
export class Shell {
  private readonly api = inject(Api);
  private readonly live = inject(Live);
  private readonly notices = inject(Notices);
  protected readonly session = inject(Session);
  protected readonly theme = inject(Theme);
  protected readonly waiting = inject(Queue).waiting;
  protected readonly narrow = toSignal(
    inject(BreakpointObserver)
      .observe('(max-width: 899px)')
      .pipe(map((seen) => seen.matches)),
    { initialValue: false },
  );
  protected readonly open = signal(false);
  protected readonly name = computed(
    () => this.session.user()?.name || this.session.user()?.username || this.session.id(),
  );

  protected readonly everybodys: Place[] = [
    { path: '/inbox', icon: 'inbox', name: 'Inbox' },
    { path: '/rooms', icon: 'chat', name: 'My rooms' },
  ];
  protected readonly admins: Place[] = [
    { path: '/admin/rooms', icon: 'rooms', name: 'All rooms' },
    { path: '/admin/users', icon: 'users', name: 'Users' },
    { path: '/admin/chatbots', icon: 'bot', name: 'Chatbots' },
    { path: '/admin/webhooks', icon: 'link', name: 'Webhooks' },
    { path: '/admin/figures', icon: 'activity', name: 'Live figures' },
    { path: '/admin/audit', icon: 'shield', name: 'Audit' },
  ];
  protected readonly looks: { look: Look; icon: string; name: string }[] = [
    { look: 'auto', icon: 'contrast', name: 'As the system' },
    { look: 'light', icon: 'sun', name: 'Light' },
    { look: 'dark', icon: 'moon', name: 'Dark' },
  ];

  constructor() {
    this.live.start();
    inject(DestroyRef).onDestroy(() => this.live.stop());
    inject(Router)
      .events.pipe(
        filter((event) => event instanceof NavigationEnd),
        takeUntilDestroyed(),
      )
      .subscribe(() => this.open.set(false));
    void this.refresh();
  }

  protected async signOut(): Promise<void> {
    this.live.stop(); // it would be told that its token has ended
    try {
      await this.api.post('auth/logout');
    } catch (error) {
      // An outside token cannot be ended here; forgetting it is all there is.
      if (!isStatus(error, 401) && !isStatus(error, 403) && !isStatus(error, 409)) {
        this.notices.say('Signed out here; the server could not be told.');
      }
    }
    this.session.end();
  }

  protected skip(event: Event): void {
    event.preventDefault(); // the base href would make it another page
    document.getElementById('content')?.focus();
  }

  private async refresh(): Promise<void> {
    try {
      this.session.refresh(await this.api.get<Account>('auth/me'));
    } catch {
      // What was known of the user holds until the server answers.
    }
  }
}
