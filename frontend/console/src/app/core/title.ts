import { Injectable, effect, inject, signal } from '@angular/core';
import { RouterStateSnapshot, TitleStrategy } from '@angular/router';
import { Queue } from './queue';

/** The page's title, with the number of those who wait in front: it shows in the browser's tab. */
@Injectable({ providedIn: 'root' })
export class ConsoleTitle extends TitleStrategy {
  private readonly queue = inject(Queue);
  private readonly page = signal('');

  constructor() {
    super();
    effect(() => {
      const waiting = this.queue.waiting();
      document.title = `${waiting ? `(${waiting}) ` : ''}${this.page() ? this.page() + ' – ' : ''}Parley`;
    });
  }

  override updateTitle(state: RouterStateSnapshot): void {
    this.page.set(this.buildTitle(state) ?? '');
  }
}
