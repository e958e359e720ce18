import { Injectable, computed, effect, inject, signal, untracked } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { Subject, debounceTime, merge, throttleTime } from 'rxjs';
import { Api } from '../core/api';
import { isStatus, said } from '../core/api-error';
import { Live } from '../core/live';
import { Session } from '../core/session';
import { Conversation, Items, State } from '../core/wire';
import { View, arranged } from './view';

const page = 50;
/** Changes up to this number are read one by one; more of them at once read the list. */
const few = 3;

/** The agents' list of conversations, kept up to date while it is shown. */
@Injectable()
export class Inbox {
  private readonly api = inject(Api);
  private readonly live = inject(Live);
  private readonly session = inject(Session);
  readonly view = signal<View>('open');
  readonly q = signal('');
  private readonly limit = signal(page);
  private readonly list = signal<readonly Conversation[]>([]);
  readonly count = signal(0);
  readonly loading = signal(false);
  readonly ready = signal(false);
  readonly problem = signal('');
  /** When the list was read: what is said to have waited then has waited longer since. */
  readonly readAt = signal(Date.now());
  readonly items = computed(() => arranged(this.list(), this.view(), this.session.id()));
  readonly more = computed(() => this.list().length < this.count());
  private readonly changed = new Set<string>();
  private readonly changes = new Subject<void>();
  private turn = 0;

  constructor() {
    effect(() => {
      this.view();
      this.q();
      untracked(() => {
        this.limit.set(page);
        void this.load();
      });
    });
    this.live.updated.pipe(takeUntilDestroyed()).subscribe((news) => {
      this.changed.add(news.uuid);
      this.changes.next();
    });
    this.live.deleted.pipe(takeUntilDestroyed()).subscribe((news) => {
      this.list.update((list) => list.filter((item) => item.uuid !== news.uuid));
    });
    // The first change shows at once, a storm of them twice a second.
    merge(
      this.changes.pipe(throttleTime(500, undefined, { leading: true, trailing: true })),
      this.live.back.pipe(debounceTime(100)),
    )
      .pipe(takeUntilDestroyed())
      .subscribe(() => void this.refresh());
  }

  async load(): Promise<void> {
    const turn = ++this.turn;
    this.changed.clear();
    this.loading.set(true);
    try {
      const query = { q: this.q(), limit: this.limit() };
      const found = await Promise.all(
        asked(this.view()).map((state) => this.api.get<Items<Conversation>>('api/conversation', { ...query, state })),
      );
      if (turn === this.turn) {
        this.readAt.set(Date.now());
        this.list.set(found.flatMap((part) => part.items));
        this.count.set(found.reduce((sum, part) => sum + part.count, 0));
        this.problem.set('');
        this.ready.set(true);
      }
    } catch (error) {
      if (turn === this.turn) {
        this.problem.set(said(error));
      }
    } finally {
      if (turn === this.turn) {
        this.loading.set(false);
      }
    }
  }

  loadMore(): void {
    this.limit.update((limit) => Math.min(200, limit + page));
    void this.load();
  }

  /** A conversation as it is now, from an answer to something done to it. */
  put(item: Conversation): void {
    this.list.update((list) => [item, ...list.filter((other) => other.uuid !== item.uuid)]);
  }

  private async refresh(): Promise<void> {
    // A change moves the places of the others in the queue; what a search finds the server alone knows.
    const queued = this.view() === 'waiting' || this.view() === 'open';
    if (this.q() || queued || this.changed.size === 0 || this.changed.size > few) {
      return this.load();
    }
    const changed = [...this.changed];
    this.changed.clear();
    await Promise.all(changed.map((uuid) => this.reread(uuid)));
  }

  private async reread(uuid: string): Promise<void> {
    try {
      this.put(await this.api.get<Conversation>(`api/conversation/${uuid}`));
    } catch (error) {
      if (isStatus(error, 404)) {
        this.list.update((list) => list.filter((item) => item.uuid !== uuid));
      }
    }
  }
}

/** The states that the server is asked for; it knows nothing of the other views. */
function asked(view: View): State[] {
  return view === 'open' ? ['waiting', 'assigned', 'bot'] : view === 'mine' ? ['assigned'] : [view];
}
