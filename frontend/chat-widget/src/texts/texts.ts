/** All that the widget says, in one language. A new language is a new file with this shape, named in `index.ts`. */
export interface Texts {
  dir: 'ltr' | 'rtl';
  title: string;
  openChat: string;
  closeChat: string;
  /** Behind the launcher's label, where there are unread messages. */
  unread: (count: number) => string;
  dismissPreview: string;

  greeting: string;
  hint: string;
  messages: string;
  earlier: string;
  toNewest: string;
  today: string;
  yesterday: string;

  you: string;
  assistant: string;
  agent: string;
  system: string;
  typing: string;
  stop: string;
  edited: string;
  sources: string;

  placeholder: string;
  send: string;
  attach: string;
  removeFile: (name: string) => string;
  uploading: (name: string) => string;
  uploadFailed: (name: string) => string;
  download: (name: string) => string;
  attachment: string;

  sending: string;
  queued: string;
  sent: string;
  read: string;
  failed: string;
  retry: string;
  discard: string;
  stopped: string;
  interrupted: string;
  replyFailed: string;

  assistantState: string;
  person: string;
  waiting: string;
  place: (position: number) => string;
  waited: (time: string) => string;
  withAgent: string;
  resolved: string;

  clear: string;
  clearQuestion: string;
  clearDetail: string;
  cancel: string;
  dismiss: string;

  connecting: string;
  offline: string;
  draining: string;
  refused: string;
  tryAgain: string;
  startAnew: string;
  failedAction: string;
}
