import { ChangeDetectionStrategy, Component, DestroyRef, computed, inject, signal } from '@angular/core';
import { MatProgressBar } from '@angular/material/progress-bar';
import { Api } from '../core/api';
import { isStatus, said } from '../core/api-error';
import { People } from '../core/people';
import { Figures } from '../core/wire';
import { Clock } from '../shared/clock';
import { WhenPipe } from '../shared/when.pipe';
import { bytes, duration } from '../shared/words';
import { Sparkline } from './sparkline';

const every = 2000; // milliseconds
const kept = 90; // readings: three minutes

interface Tile {
  name: string;
  value: string;
  about?: string;
  curve: number[];
}

/** How the server does, as it does it. */
@Component({
  selector: 'parley-figures',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [MatProgressBar, Sparkline, WhenPipe],
  host: { class: 'page' },
  templateUrl: './figures.page.html',
  styleUrl: './figures.page.scss',
})
export class FiguresPage {
  private readonly api = inject(Api);
  private readonly clock = inject(Clock);
  protected readonly people = inject(People);
  private readonly readings = signal<readonly Figures[]>([]);
  protected readonly problem = signal('');
  protected readonly last = computed(() => this.readings().at(-1));
  protected readonly uptime = computed(() =>
    duration((this.clock.now() - Date.parse(this.last()?.startedAt ?? '')) / 1000),
  );
  protected readonly tiles = computed(() => tiles(this.readings()));
  protected readonly states = computed(() => {
    const of = this.last()?.conversations;
    return (
      of && [
        { name: 'With a bot', state: 'bot', count: of.bot },
        { name: 'Waiting', state: 'waiting', count: of.waiting },
        { name: 'Assigned', state: 'assigned', count: of.assigned },
        { name: 'Resolved', state: 'resolved', count: of.resolved },
      ]
    );
  });
  private timer?: ReturnType<typeof setTimeout>;
  private ended = false;

  constructor() {
    inject(DestroyRef).onDestroy(() => {
      this.ended = true;
      clearTimeout(this.timer);
    });
    void this.read();
  }

  private async read(): Promise<void> {
    try {
      if (document.visibilityState === 'visible' || !this.readings().length) {
        const figures = await this.api.get<Figures>('admin/chat/stats');
        this.readings.update((readings) => [...readings.slice(1 - kept), figures]);
        this.problem.set('');
      }
    } catch (error) {
      this.problem.set(isStatus(error, 404) ? 'This server does not tell its figures.' : said(error));
      if (isStatus(error, 401) || isStatus(error, 403) || isStatus(error, 404)) {
        return; // asking again changes nothing
      }
    }
    if (!this.ended) {
      this.timer = setTimeout(() => void this.read(), every);
    }
  }
}

function tiles(readings: readonly Figures[]): Tile[] {
  const last = readings.at(-1);
  if (!last) {
    return [];
  }
  const of = (
    name: string,
    value: (f: Figures) => number,
    show: (n: number) => string = String,
    about?: string,
  ): Tile => ({
    name,
    about,
    value: show(value(last)),
    curve: readings.map(value),
  });
  const connections = (f: Figures): number =>
    f.connections.socketio + f.connections.tokenStream + f.connections.sessions;
  const { socketio, tokenStream, sessions } = last.connections;
  return [
    of(
      'Connections',
      connections,
      String,
      `Socket.IO ${socketio} · token stream ${tokenStream} · sessions ${sessions}`,
    ),
    of('Users online', (f) => f.users.online),
    ...(last.messagesPerSecond === undefined
      ? []
      : [
          of(
            'Messages a second',
            (f) => f.messagesPerSecond ?? 0,
            (n) => n.toFixed(1),
          ),
        ]),
    of('Memory', (f) => f.memoryBytes, bytes),
    of('Goroutines', (f) => f.goroutines),
  ];
}
