import type { ChatMessage } from '@parley/chat-core';

/** Messages of one sender that follow each other closely: shown as one block, with one name and one time. */
export interface Block {
  key: string;
  role: ChatMessage['role'];
  own: boolean;
  messages: ChatMessage[];
}

export interface Day {
  /** Midnight of the day, in the reader's time zone. */
  date: Date;
  blocks: Block[];
}

const close = 5 * 60_000;

const midnight = (date: Date): number => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();

/** Groups messages, which are in order, by the reader's days and into blocks. */
export function byDay(messages: readonly ChatMessage[]): Day[] {
  const days: Day[] = [];
  let previous: ChatMessage | undefined;
  for (const message of messages) {
    const start = midnight(message.createdAt);
    let day = days.at(-1);
    // A clock that is a little behind does not open a day a second time.
    if (!day || start > day.date.getTime()) {
      days.push((day = { date: new Date(start), blocks: [] }));
      previous = undefined;
    }
    const block = day.blocks.at(-1);
    if (block && previous && joins(previous, message)) block.messages.push(message);
    else day.blocks.push({ key: message.key, role: message.role, own: message.own, messages: [message] });
    previous = message;
  }
  return days;
}

function joins(a: ChatMessage, b: ChatMessage): boolean {
  return a.sender === b.sender && a.role === b.role && b.createdAt.getTime() - a.createdAt.getTime() < close;
}

/** "Today", "Yesterday", or the date in the reader's language; the year only where it is another one. */
export function dayName(date: Date, now: Date, locale: string, today: string, yesterday: string): string {
  const start = midnight(date);
  if (start === midnight(now)) return today;
  if (start === midnight(new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1))) return yesterday;
  const year = date.getFullYear() === now.getFullYear() ? undefined : 'numeric';
  return new Intl.DateTimeFormat(locale, { weekday: 'long', day: 'numeric', month: 'long', year }).format(date);
}
