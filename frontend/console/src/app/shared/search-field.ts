import { ChangeDetectionStrategy, Component, DestroyRef, inject, input, model } from '@angular/core';
import { FormsModule } from '@angular/forms';
import { MatIconButton } from '@angular/material/button';
import { MatFormField, MatLabel, MatPrefix, MatSuffix } from '@angular/material/form-field';
import { MatIcon } from '@angular/material/icon';
import { MatInput } from '@angular/material/input';

/** A field to search in; what is typed counts a moment after the last key. */
@Component({
  selector: 'parley-search',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [FormsModule, MatFormField, MatIcon, MatIconButton, MatInput, MatLabel, MatPrefix, MatSuffix],
  host: { role: 'search', '[attr.aria-label]': 'label()' },
  template: `
    <mat-form-field>
      <mat-label>{{ label() }}</mat-label>
      <mat-icon matPrefix svgIcon="search" />
      <input
        matInput
        type="search"
        autocomplete="off"
        [ngModel]="value()"
        (ngModelChange)="typed($event)"
        (keydown.escape)="set('')"
      />
      @if (value()) {
        <button matIconButton matSuffix type="button" aria-label="Clear the search" (click)="set('')">
          <mat-icon svgIcon="close" />
        </button>
      }
    </mat-form-field>
  `,
  styles: `
    :host {
      display: block;
      flex: 1;
      min-width: 200px;
      max-width: 420px;
    }
    mat-form-field {
      width: 100%;
    }
    mat-icon[matPrefix] {
      width: 20px;
      height: 20px;
    }
    input::-webkit-search-cancel-button {
      display: none;
    }
  `,
})
export class SearchField {
  readonly label = input('Search');
  readonly value = model('');
  private timer?: ReturnType<typeof setTimeout>;

  constructor() {
    inject(DestroyRef).onDestroy(() => clearTimeout(this.timer));
  }

  protected typed(text: string): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.value.set(text.trim()), 250);
  }

  protected set(text: string): void {
    clearTimeout(this.timer);
    this.value.set(text);
  }
}
