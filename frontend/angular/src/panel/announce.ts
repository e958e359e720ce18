import { type Signal, signal } from '@angular/core';
import { takeUntilDestroyed, toObservable } from '@angular/core/rxjs-interop';
import { switchMap } from 'rxjs';
import type { ChatMessage } from '@parley/chat-core';
import type { ChatRoom } from '../service/chat-room';

export interface News {
  /** What a screen reader is to say next. */
  readonly text: Signal<string>;
  say(text: string): void;
}

/**
 * Tells screen readers each message of others once, when it is whole: a log that is live itself would read a streamed
 * reply again at every word.
 */
export function announceNews(room: Signal<ChatRoom>, describe: (message: ChatMessage) => string): News {
  const text = signal('');
  toObservable(room)
    .pipe(
      switchMap((of) => of.message$),
      takeUntilDestroyed(),
    )
    .subscribe((message) => {
      if (!message.own) text.set(describe(message));
    });
  return { text, say: (words) => text.set(words) };
}
