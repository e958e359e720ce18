import {
  ChangeDetectionStrategy,
  Component,
  DestroyRef,
  ElementRef,
  inject,
  input,
  model,
  signal,
  viewChild,
} from '@angular/core';
import { MatAutocompleteModule, MatAutocompleteSelectedEvent } from '@angular/material/autocomplete';
import { MatChipInputEvent, MatChipsModule } from '@angular/material/chips';
import { MatFormField, MatHint, MatLabel } from '@angular/material/form-field';
import { MatIcon } from '@angular/material/icon';
import { Api } from '../core/api';
import { AdminUser } from '../core/wire';

/** Chooses users, by name or by id. */
@Component({
  selector: 'parley-user-picker',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [MatAutocompleteModule, MatChipsModule, MatFormField, MatHint, MatIcon, MatLabel],
  template: `
    <mat-form-field>
      <mat-label>{{ label() }}</mat-label>
      <mat-chip-grid #grid [attr.aria-label]="label()">
        @for (user of users(); track user) {
          <mat-chip-row (removed)="remove(user)">
            {{ names.get(user) || user }}
            <button matChipRemove type="button" [attr.aria-label]="'Remove ' + user">
              <mat-icon svgIcon="close" />
            </button>
          </mat-chip-row>
        }
      </mat-chip-grid>
      <input
        #field
        autocapitalize="none"
        [matChipInputFor]="grid"
        [matAutocomplete]="choices"
        [attr.aria-label]="label()"
        (input)="typed(field.value)"
        (focus)="typed(field.value)"
        (matChipInputTokenEnd)="entered($event)"
      />
      <mat-hint>Type a name, or a user's id and Enter</mat-hint>
      <mat-autocomplete #choices="matAutocomplete" (optionSelected)="chosen($event)">
        @for (user of found(); track user._id) {
          <mat-option [value]="user._id"
            >{{ user.name || user._id }} <span class="muted">{{ user._id }} · {{ user.role }}</span></mat-option
          >
        }
      </mat-autocomplete>
    </mat-form-field>
  `,
  styles: `
    mat-form-field {
      width: 100%;
    }
  `,
})
export class UserPicker {
  private readonly api = inject(Api);
  readonly label = input('Participants');
  readonly users = model<readonly string[]>([]);
  protected readonly found = signal<AdminUser[]>([]);
  protected readonly names = new Map<string, string>();
  private readonly field = viewChild.required<ElementRef<HTMLInputElement>>('field');
  private timer?: ReturnType<typeof setTimeout>;

  constructor() {
    inject(DestroyRef).onDestroy(() => clearTimeout(this.timer));
  }

  protected typed(text: string): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.look(text.trim()), 200);
  }

  protected entered(event: MatChipInputEvent): void {
    this.add(event.value.trim());
  }

  protected chosen(event: MatAutocompleteSelectedEvent): void {
    const id = event.option.value as string;
    this.names.set(id, this.found().find((user) => user._id === id)?.name ?? '');
    this.add(id);
    event.option.deselect();
  }

  protected remove(id: string): void {
    this.users.update((users) => users.filter((user) => user !== id));
  }

  private add(id: string): void {
    if (id && !this.users().includes(id)) {
      this.users.update((users) => [...users, id]);
    }
    this.field().nativeElement.value = '';
    this.found.set([]);
  }

  private async look(search: string): Promise<void> {
    try {
      const { users } = await this.api.get<{ users: AdminUser[] }>('admin/chat/users', { search, limit: 8 });
      if (this.field().nativeElement.value.trim() === search) {
        this.found.set(users.filter((user) => !this.users().includes(user._id)));
      }
    } catch {
      this.found.set([]); // ids can be typed all the same
    }
  }
}
