import { Injectable, inject } from '@angular/core';
import { MatSnackBar } from '@angular/material/snack-bar';
import { said } from './api-error';

/** Short news at the foot of the page; screen readers say it. */
@Injectable({ providedIn: 'root' })
export class Notices {
  private readonly bar = inject(MatSnackBar);

  say(text: string): void {
    this.bar.open(text, undefined, { duration: 4000, horizontalPosition: 'start' });
  }

  fail(error: unknown): void {
    this.bar.open(said(error), 'Close', { duration: 10_000, politeness: 'assertive', horizontalPosition: 'start' });
  }

  /** Runs what may fail, and says so if it does; undefined then. */
  async tried<T>(work: Promise<T>, done?: string): Promise<T | undefined> {
    try {
      const result = await work;
      if (done) {
        this.say(done);
      }
      return result;
    } catch (error) {
      this.fail(error);
      return undefined;
    }
  }
}
