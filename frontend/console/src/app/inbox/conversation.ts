import { Injectable, computed, effect, inject, signal, untracked } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { Room, Unsubscribe } from '@parley/chat-core';
import { filter, interval } from 'rxjs';
import { Api } from '../core/api';
import { isStatus, said } from '../core/api-error';
import { Live } from '../core/live';
import { People } from '../core/people';
import { Session } from '../core/session';
import { Conversation, Note, Said } from '../core/wire';
import { Line, merged, ofMessage, ofNote, ofSaid } from '../shared/line';
import { title, who } from './customer';
import { author } from './author';

/** Without a live connection the conversation is looked at this often, in milliseconds. */
const polling = 10_000;

/**
 * The conversation that is open. Its messages come over the live room while it is the
 * caller's, who takes part in the room then; else they are polled whenever the server
 * tells of a change.
 */
@Injectable()
export class OpenConversation {
  private readonly api = inject(Api);
  private readonly live = inject(Live);
  private readonly people = inject(People);
  private readonly session = inject(Session);
  readonly uuid = signal('');
  readonly item = signal<Conversation | undefined>(undefined);
  readonly gone = signal(false);
  readonly problem = signal('');
  private readonly notes = signal<readonly Note[]>([]);
  private readonly polled = signal<readonly Said[]>([]);
  private readonly room = signal<Room | undefined>(undefined);
  private readonly messages = signal<readonly Line[]>([]);
  private readonly typists = signal<readonly string[]>([]);
  readonly moreBefore = signal(false);

  readonly mine = computed(() => this.item()?.state === 'assigned' && this.item()?.agent === this.session.id());
  readonly customer = computed(() => title(this.item() ?? { name: '', email: '', user: null }));
  readonly who = computed(() => who(this.item() ?? { uuid: this.uuid(), user: null }));
  readonly typing = computed(() => (this.typists().length ? `${this.customer()} is writing…` : ''));
  readonly lines = computed(() => {
    const me = this.session.id();
    const live = this.room() && this.messages();
    const messages = live || this.polled().map((one) => ofSaid(one, { name: this.customer(), who: this.who() }));
    return merged(
      messages,
      this.notes().map((note) => ofNote(note, me, (id) => this.people.agent(id))),
    );
  });
  private listening: Unsubscribe[] = [];
  private polls: Promise<void> = Promise.resolve();

  constructor() {
    effect((leave) => {
      this.uuid();
      untracked(() => this.begin());
      leave(() => this.leaveRoom());
    });
    effect(() => {
      const client = this.live.client();
      const room = this.mine() ? this.item()?.room : undefined;
      // What was said is shown until it is polled, so that nothing blinks.
      untracked(() =>
        client && room
          ? this.enterRoom(client.room(room))
          : void this.poll(true).finally(() => this.mine() || this.leaveRoom()),
      );
    });
    const here = <T extends { uuid: string }>() => filter<T>((news) => news.uuid === this.uuid());
    this.live.updated.pipe(here(), takeUntilDestroyed()).subscribe(() => void this.refresh());
    this.live.deleted.pipe(here(), takeUntilDestroyed()).subscribe(() => this.gone.set(true));
    this.live.noted.pipe(here(), takeUntilDestroyed()).subscribe((news) => this.putNote(news.note));
    this.live.back.pipe(takeUntilDestroyed()).subscribe(() => void this.refresh(true));
    interval(polling)
      .pipe(
        filter(() => this.live.connection() !== 'online'),
        takeUntilDestroyed(),
      )
      .subscribe(() => void this.refresh(true));
  }

  path(below = ''): string {
    return `api/conversation/${this.uuid()}${below}`;
  }

  /** Applies what was answered to something done to the conversation. */
  put(item: Conversation): void {
    if (item.uuid === this.uuid()) {
      this.item.set(item);
      void this.poll();
    }
  }

  putNote(note: Note): void {
    this.notes.update((notes) => (notes.some((known) => known.id === note.id) ? notes : [...notes, note]));
  }

  async refresh(notesToo = false): Promise<void> {
    const uuid = this.uuid();
    try {
      const [item] = await Promise.all([
        this.api.get<Conversation>(this.path()),
        notesToo ? this.readNotes() : undefined,
        this.poll(),
      ]);
      if (uuid === this.uuid()) {
        this.item.set(item);
        this.problem.set('');
      }
    } catch (error) {
      if (uuid !== this.uuid()) {
        return;
      }
      if (isStatus(error, 404)) {
        this.gone.set(true);
      } else if (!this.item()) {
        this.problem.set(said(error));
      }
    }
  }

  /** Sends into the live room. False if the conversation is not held: it is posted over HTTP then. */
  send(text: string, files: string[]): boolean {
    const room = this.mine() ? this.room() : undefined;
    room?.send(text, { files });
    return !!room;
  }

  typed(): void {
    this.room()?.type();
  }

  retry(key: string): void {
    this.room()?.retry(key);
  }

  discard(key: string): void {
    this.room()?.discard(key);
  }

  async loadOlder(): Promise<void> {
    await this.room()?.loadOlder();
    this.show();
  }

  /** The newest message was seen. */
  seen(): void {
    if (document.visibilityState === 'visible' && this.messages().length) {
      this.room()?.read();
    }
  }

  private begin(): void {
    this.item.set(undefined);
    this.gone.set(false);
    this.problem.set('');
    this.notes.set([]);
    this.polled.set([]);
    if (this.uuid()) {
      void this.refresh(true);
    }
  }

  private enterRoom(room: Room): void {
    if (this.room() === room) {
      return;
    }
    this.leaveRoom();
    this.listening = [
      room.on('messages', () => this.show()),
      room.on('typing', (typists) => this.typists.set(typists)),
      room.on('gone', () => void this.refresh()),
    ];
    const loaded = (): void => {
      if (this.listening.length) {
        this.room.set(room);
        this.show();
      }
    };
    // Until the room is read, what was polled stays.
    room.load().then(loaded, () => undefined);
  }

  private show(): void {
    const room = this.room();
    if (!room) {
      return;
    }
    const creator = untracked(this.live.rooms).find((info) => info.id === room.id)?.creator;
    const user = untracked(this.item)?.user ?? undefined;
    const customer = untracked(this.customer);
    const id = untracked(this.who);
    this.messages.set(
      room.messages.map((m) =>
        ofMessage(m, (message) => {
          const by = author(message, creator, user);
          return {
            author: by,
            who: by === 'customer' ? id : message.sender,
            name: { bot: 'Assistant', customer, system: 'System', agent: this.people.agent(message.sender) }[by],
          };
        }),
      ),
    );
    this.moreBefore.set(room.more);
    this.seen();
  }

  private leaveRoom(): void {
    this.listening.forEach((stop) => stop());
    this.listening = [];
    this.room.set(undefined);
    this.messages.set([]);
    this.typists.set([]);
    this.moreBefore.set(false);
  }

  private async readNotes(): Promise<void> {
    const uuid = this.uuid();
    const { notes } = await this.api.get<{ notes: Note[] }>(this.path('/notes'), { limit: 200 });
    if (uuid === this.uuid()) {
      this.notes.set(notes);
    }
  }

  /** Polls for what came since, unless the room tells it: one after the other, so that none is listed twice. */
  private poll(leaving = false): Promise<void> {
    const uuid = this.uuid();
    this.polls = this.polls
      .catch(() => undefined)
      .then(async () => {
        for (let full = uuid !== '' && uuid === this.uuid(); full && (leaving || !this.room()); ) {
          const since = this.polled().at(-1)?.id ?? 0;
          const { items } = await this.api.get<{ items: Said[] }>(`api/messages/${uuid}`, { since });
          if (uuid !== this.uuid()) {
            return;
          }
          this.polled.update((known) => known.concat(items));
          full = items.length === 1000;
        }
      });
    return this.polls;
  }
}
