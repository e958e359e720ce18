import { LOCALE_ID, Pipe, type PipeTransform, inject } from '@angular/core';
import { PARLEY_TEXTS } from './texts';
import { daysAgo } from './timeline';

/** A day as people name it: today, yesterday, then its date. */
@Pipe({ name: 'dayLabel' })
export class DayLabel implements PipeTransform {
  private readonly texts = inject(PARLEY_TEXTS);
  private readonly locale = inject(LOCALE_ID);

  transform(date: Date): string {
    const ago = daysAgo(date, new Date());
    if (ago === 0) return this.texts.today;
    if (ago === 1) return this.texts.yesterday;
    const year = date.getFullYear() === new Date().getFullYear() ? undefined : 'numeric';
    return new Intl.DateTimeFormat(this.locale, { weekday: 'long', day: 'numeric', month: 'long', year }).format(date);
  }
}
