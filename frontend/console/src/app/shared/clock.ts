import { DestroyRef, Injectable, inject, signal } from '@angular/core';

/** The time, moved on every five seconds: for what says how long something lasts. */
@Injectable({ providedIn: 'root' })
export class Clock {
  readonly now = signal(Date.now());

  constructor() {
    const timer = setInterval(() => this.now.set(Date.now()), 5000);
    inject(DestroyRef).onDestroy(() => clearInterval(timer));
  }
}
