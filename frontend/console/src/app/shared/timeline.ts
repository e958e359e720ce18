import {
  ChangeDetectionStrategy,
  Component,
  ElementRef,
  afterRenderEffect,
  computed,
  inject,
  input,
  output,
  viewChild,
} from '@angular/core';
import { MatButton } from '@angular/material/button';
import { MatIcon } from '@angular/material/icon';
import { Api } from '../core/api';
import { Notices } from '../core/notices';
import { Avatar } from './avatar';
import { Line } from './line';
import { save } from './save';
import { WhenPipe } from './when.pipe';
import { dayName } from './words';

/** The messages of a room, oldest first. It stays at the end while one looks at the end. */
@Component({
  selector: 'parley-timeline',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Avatar, MatButton, MatIcon, WhenPipe],
  templateUrl: './timeline.html',
  styleUrl: './timeline.scss',
})
export class Timeline {
  private readonly api = inject(Api);
  private readonly notices = inject(Notices);
  readonly lines = input.required<readonly Line[]>();
  readonly more = input(false);
  readonly typing = input('');
  readonly empty = input('No messages yet.');
  readonly older = output();
  readonly retry = output<string>();
  readonly discard = output<string>();

  private readonly box = viewChild.required<ElementRef<HTMLElement>>('box');
  private atEnd = true;
  private firstKey = '';
  private height = 0;

  protected readonly rows = computed(() => {
    let day = '';
    let last: Line | undefined;
    return this.lines().map((line) => {
      const name = dayName(line.at);
      const begins = name !== day ? name : '';
      const follows =
        !begins &&
        last?.author === line.author &&
        last.name === line.name &&
        line.at.getTime() - last.at.getTime() < 300_000;
      day = name;
      last = line;
      return { line, begins, follows };
    });
  });

  constructor() {
    afterRenderEffect(() => {
      const first = this.lines()[0]?.key ?? '';
      this.typing();
      const box = this.box().nativeElement;
      if (this.atEnd) {
        box.scrollTop = box.scrollHeight;
      } else if (first !== this.firstKey) {
        box.scrollTop += box.scrollHeight - this.height; // what came above must not move what is read
      }
      this.firstKey = first;
      this.height = box.scrollHeight;
    });
  }

  protected scrolled(): void {
    const box = this.box().nativeElement;
    this.atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 60;
  }

  protected async openFile(id: string): Promise<void> {
    const file = await this.notices.tried(this.api.download(`chat/files/${encodeURIComponent(id)}`));
    if (file) {
      save(file.bytes, file.name || 'attachment');
    }
  }

  protected icon(line: Line): string {
    return { bot: 'bot', system: 'alert', note: 'lock', customer: '', agent: '', member: '' }[line.author];
  }
}
