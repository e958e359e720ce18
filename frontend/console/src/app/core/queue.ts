import { Injectable, effect, inject, signal } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { merge, throttleTime } from 'rxjs';
import { Api } from './api';
import { Live } from './live';
import { Session } from './session';
import { Conversation, Items } from './wire';

/** How many customers wait for a person, kept up to date. */
@Injectable({ providedIn: 'root' })
export class Queue {
  private readonly api = inject(Api);
  private readonly live = inject(Live);
  private readonly session = inject(Session);
  readonly waiting = signal(0);

  constructor() {
    merge(this.live.updated, this.live.deleted, this.live.back)
      .pipe(throttleTime(1500, undefined, { leading: true, trailing: true }), takeUntilDestroyed())
      .subscribe(() => void this.read());
    effect(() => {
      if (!this.session.isAgent()) {
        this.waiting.set(0);
      }
    });
  }

  private async read(): Promise<void> {
    try {
      const list = await this.api.get<Items<Conversation>>('api/conversation', { state: 'waiting', limit: 1 });
      this.waiting.set(this.session.isAgent() ? list.count : 0);
    } catch {
      // It is a badge: the next event reads it again.
    }
  }
}
