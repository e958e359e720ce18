import { InjectionToken } from '@angular/core';

/** All that the panel says. */
export interface ParleyTexts {
  title: string;
  conversation: string;
  close: string;
  clear: string;
  clearQuestion: string;
  clearYes: string;
  clearNo: string;
  cleared: string;
  person: string;
  older: string;
  newest: string;
  empty: string;
  loading: string;
  write: string;
  send: string;
  hint: string;
  stop: string;
  retry: string;
  discard: string;
  sources: string;
  opensElsewhere: string;
  today: string;
  yesterday: string;
  you: string;
  assistant: string;
  agent: string;
  notice: string;
  other: string;
  typing: string;
  writing: string;
  pending: string;
  queued: string;
  sent: string;
  read: string;
  failed: string;
  interrupted: string;
  cancelled: string;
  failedReply: string;
  edited: string;
  file: string;
  connecting: string;
  offline: string;
  draining: string;
  refused: string;
  gone: string;
  wentWrong: string;
  waiting: (position: number | undefined) => string;
  assigned: string;
  resolved: string;
}

export const ENGLISH: ParleyTexts = {
  title: 'Chat',
  conversation: 'Conversation',
  close: 'Close the chat',
  clear: 'Clear history',
  clearQuestion: 'Clear the whole conversation? It cannot be brought back.',
  clearYes: 'Clear',
  clearNo: 'Keep',
  cleared: 'The history is cleared.',
  person: 'Talk to a person',
  older: 'Earlier messages',
  newest: 'Newest messages',
  empty: 'Ask us anything. The assistant answers at once, and a person is a click away.',
  loading: 'Loading…',
  write: 'Write a message',
  send: 'Send',
  hint: 'Enter sends, Shift and Enter begin a new line.',
  stop: 'Stop the answer',
  retry: 'Try again',
  discard: 'Discard',
  sources: 'Sources',
  opensElsewhere: 'opens in a new tab',
  today: 'Today',
  yesterday: 'Yesterday',
  you: 'You',
  assistant: 'Assistant',
  agent: 'Support',
  notice: 'Notice',
  other: 'Participant',
  typing: 'Somebody is typing',
  writing: 'The assistant is writing',
  pending: 'Sending…',
  queued: 'Waiting for the connection',
  sent: 'Sent',
  read: 'Read',
  failed: 'Not sent',
  interrupted: 'The answer broke off here.',
  cancelled: 'Stopped.',
  failedReply: 'There was no answer. Please ask again.',
  edited: 'edited',
  file: 'Attached file',
  connecting: 'Connecting…',
  offline: 'No connection. What you write is sent as soon as there is one.',
  draining: 'The server restarts; the chat goes on in a moment.',
  refused: 'You are not signed in any more. Please sign in again.',
  gone: 'This conversation is no longer open to you.',
  wentWrong: 'That did not work. Please try again.',
  waiting: (position) =>
    position === undefined
      ? 'A person will answer you soon.'
      : `A person will answer you soon: you are number ${position}.`,
  assigned: 'You are talking with a person.',
  resolved: 'This request is settled. Write again if there is more.',
};

/** The panel's texts; provide your own for another language. */
export const PARLEY_TEXTS = new InjectionToken<ParleyTexts>('parley texts', {
  providedIn: 'root',
  factory: () => ENGLISH,
});
