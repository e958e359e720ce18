import type { Unsubscribe } from './types.js';

/** Handlers by event. One that throws neither stops the others nor the client. */
export class Emitter<E> {
  private readonly handlers: { [K in keyof E]?: Set<(value: E[K]) => void> } = {};

  on<K extends keyof E>(event: K, handler: (value: E[K]) => void): Unsubscribe {
    const own = (value: E[K]): void => handler(value); // the same handler twice is two subscriptions
    const all = (this.handlers[event] ??= new Set());
    all.add(own);
    return () => void all.delete(own);
  }

  emit<K extends keyof E>(event: K, value: E[K]): void {
    for (const handler of [...(this.handlers[event] ?? [])]) {
      try {
        handler(value);
      } catch (error) {
        queueMicrotask(() => {
          throw error; // shows as uncaught, as from any event's handler
        });
      }
    }
  }
}
