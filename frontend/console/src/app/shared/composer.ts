import { CdkTextareaAutosize } from '@angular/cdk/text-field';
import {
  ChangeDetectionStrategy,
  Component,
  ElementRef,
  computed,
  effect,
  inject,
  input,
  linkedSignal,
  output,
  signal,
  viewChild,
} from '@angular/core';
import { FormsModule } from '@angular/forms';
import { MatButton, MatIconButton } from '@angular/material/button';
import { MatIcon } from '@angular/material/icon';
import { Notices } from '../core/notices';

/** What is sent: text, and the ids of files. It is empty again once `sent` says so. */
export interface Draft {
  text: string;
  files: string[];
}

/** The place to write in. Enter sends, with Shift it begins a line. */
@Component({
  selector: 'parley-composer',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [CdkTextareaAutosize, FormsModule, MatButton, MatIcon, MatIconButton],
  templateUrl: './composer.html',
  styleUrl: './composer.scss',
})
export class Composer {
  private readonly notices = inject(Notices);
  /** Texts of different owners are kept apart: another owner empties the place. */
  readonly owner = input('');
  readonly label = input('Message');
  readonly action = input('Send');
  readonly note = input(false);
  readonly busy = input(false);
  /** Sends a file up and returns its id; without it there are no files. */
  readonly attach = input<(file: File) => Promise<string>>();
  readonly send = output<Draft>();
  readonly typed = output();

  protected readonly text = linkedSignal({ source: this.owner, computation: () => '' });
  protected readonly files = linkedSignal<string, { id: string; name: string }[]>({
    source: this.owner,
    computation: () => [],
  });
  protected readonly uploading = signal(0);
  protected readonly ready = computed(
    () => !this.busy() && !this.uploading() && (this.text().trim() !== '' || this.files().length > 0),
  );
  /** Sent for while something else was under way: it goes out behind that. */
  private readonly due = linkedSignal({ source: this.owner, computation: () => false });
  private readonly area = viewChild.required<ElementRef<HTMLTextAreaElement>>('area');

  constructor() {
    effect(() => {
      if (this.due() && this.ready()) {
        this.due.set(false);
        this.submit();
      }
    });
  }

  protected key(event: KeyboardEvent): void {
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.submit();
    }
  }

  protected submit(): void {
    if (this.ready()) {
      this.send.emit({ text: this.text().trim(), files: this.files().map((file) => file.id) });
    } else {
      this.due.set(this.busy() || this.uploading() > 0);
    }
  }

  protected async chosen(input: HTMLInputElement): Promise<void> {
    const attach = this.attach();
    const chosen = [...(input.files ?? [])];
    input.value = '';
    const owner = this.owner();
    if (!attach) {
      return;
    }
    for (const file of chosen) {
      this.uploading.update((n) => n + 1);
      const id = await this.notices.tried(attach(file));
      this.uploading.update((n) => n - 1);
      if (id && owner === this.owner()) {
        this.files.update((files) => [...files, { id, name: file.name }]);
      }
    }
  }

  protected drop(id: string): void {
    this.files.update((files) => files.filter((file) => file.id !== id));
  }

  /** What was written has been taken. */
  clear(): void {
    this.text.set('');
    this.files.set([]);
  }

  focus(): void {
    this.area().nativeElement.focus();
  }
}
