import type { ChatError } from './types.js';

/** An error as every promise of the client's is refused with. */
export function chatError(code: string, message: string, retryAfterMs?: number): ChatError {
  return Object.assign(new Error(message), { name: 'ChatError', code, retryAfterMs });
}

/** The error as it is, or made one. */
export function asChatError(error: unknown): ChatError {
  const known = error as Partial<ChatError> | undefined;
  return typeof known?.code === 'string'
    ? (error as ChatError)
    : chatError('internal', known?.message ?? String(error));
}

export const offline = (): ChatError => chatError('offline', 'There is no connection');

const passing = new Set(['offline', 'timeout', 'unavailable', 'rate_limited']);

/** Whether the same may be taken later. */
export const passes = (error: ChatError): boolean => passing.has(error.code);

export const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** Doubles from half a second to five, with jitter so that clients do not come back as one. */
export const backoff = (attempt: number): number => Math.min(5000, 500 * 2 ** attempt) * (0.5 + Math.random() / 2);
