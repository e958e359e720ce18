import type { ChatMessage } from '@parley/chat-core';

/** A line of the conversation: a day, or a message with its place among its neighbours. */
export type Row =
  | { kind: 'day'; key: string; date: Date }
  | {
      kind: 'message';
      key: string;
      message: ChatMessage;
      /** Whether the one before is of the same sender, and close in time. */
      follows: boolean;
      /** Whether the next one is such a one: then it tells the time for both. */
      followed: boolean;
      /** Whether this is the newest of one's own that has been stored: the one that says "Sent" or "Read". */
      newestOwn: boolean;
    };

const CLOSE = 5 * 60_000;

/** Lays messages out: days between them, those of one sender together. */
export function timeline(messages: readonly ChatMessage[]): Row[] {
  const newestOwn = messages.findLast((message) => message.own && message.status === 'complete');
  const rows: Row[] = [];
  let before: ChatMessage | undefined;
  for (const [index, message] of messages.entries()) {
    const next = messages[index + 1];
    if (!before || day(before.createdAt) !== day(message.createdAt)) {
      // The key is the message's, not the day's: clocks may bring a day twice.
      rows.push({ kind: 'day', key: `day ${message.key}`, date: message.createdAt });
    }
    rows.push({
      kind: 'message',
      key: message.key,
      message,
      follows: before !== undefined && isFollowedBy(before, message),
      followed: next !== undefined && isFollowedBy(message, next),
      newestOwn: message === newestOwn,
    });
    before = message;
  }
  return rows;
}

function isFollowedBy(before: ChatMessage, message: ChatMessage): boolean {
  return (
    before.sender === message.sender &&
    before.role === message.role &&
    day(before.createdAt) === day(message.createdAt) &&
    message.createdAt.getTime() - before.createdAt.getTime() < CLOSE
  );
}

function day(date: Date): string {
  return date.toDateString();
}

/** How many days ago a date was, by the calendar of the place. */
export function daysAgo(date: Date, now: Date): number {
  const midnight = (of: Date): number => new Date(of.getFullYear(), of.getMonth(), of.getDate()).getTime();
  return Math.round((midnight(now) - midnight(date)) / 86_400_000);
}
