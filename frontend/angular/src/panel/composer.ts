import {
  ChangeDetectionStrategy,
  Component,
  ElementRef,
  computed,
  inject,
  input,
  output,
  signal,
  viewChild,
} from '@angular/core';
import { PARLEY_TEXTS } from './texts';

const MOST_ROWS = 5;

/** Where one writes. Enter sends; Shift and Enter, and an input method that is still composing, do not. */
@Component({
  selector: 'parley-composer',
  templateUrl: './composer.html',
  styleUrl: './composer.css',
  changeDetection: ChangeDetectionStrategy.OnPush,
})
export class Composer {
  readonly disabled = input(false);
  readonly sent = output<string>();
  readonly typed = output();

  protected readonly texts = inject(PARLEY_TEXTS);
  protected readonly draft = signal('');
  /** For browsers without `field-sizing`. */
  protected readonly rows = computed(() => Math.min(MOST_ROWS, this.draft().split('\n').length));
  protected readonly blank = computed(() => this.draft().trim() === '');
  private readonly field = viewChild.required<ElementRef<HTMLTextAreaElement>>('field');

  focus(): void {
    this.field().nativeElement.focus();
  }

  protected write(text: string): void {
    this.draft.set(text);
    if (!this.blank()) this.typed.emit();
  }

  protected sendOnEnter(event: KeyboardEvent): void {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.send();
  }

  protected send(): void {
    if (this.blank() || this.disabled()) return;
    const text = this.draft().trim();
    this.draft.set('');
    // Where text and Enter come before the page is drawn again, the binding sees no change.
    this.field().nativeElement.value = '';
    this.sent.emit(text);
    this.focus();
  }
}
