import { Observable } from 'rxjs';
import type { Unsubscribe } from '@parley/chat-core';

/** Tells each subscriber the value as it is, and then every later one. It keeps nothing itself: chat-core does. */
export function watch<T>(read: () => T, on: (handler: (value: T) => void) => Unsubscribe): Observable<T> {
  return new Observable<T>((subscriber) => {
    const stop = on((value) => subscriber.next(value));
    subscriber.next(read());
    return stop;
  });
}

/** Tells each subscriber what happens from now on. */
export function listen<T>(on: (handler: (value: T) => void) => Unsubscribe): Observable<T> {
  return new Observable<T>((subscriber) => on((value) => subscriber.next(value)));
}
