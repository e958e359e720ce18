import type { ChatMessage, Connection } from '@parley/chat-core';
import type { Received } from '../files/received';
import type { Uploads } from '../files/uploads';
import type { Conversation } from '../session/conversation';
import type { Texts } from '../texts';
import type { Scrolling } from './scrolling';

/** What the views show, and what they ask for. `<parley-chat>` is one. */
export interface Host {
  readonly texts: Texts;
  /** The language that dates are written in. */
  readonly language: string;
  readonly heading: string | null;
  readonly conversation: Conversation | undefined;
  readonly uploads: Uploads;

  /** What the connection's banner tells; undefined where all is well, or was so until a moment ago. */
  readonly trouble: Connection | undefined;
  /** Whether a fresh guest may follow one that was refused. */
  readonly guest: boolean;
  readonly mayUpload: boolean;
  /** Whether the history may be cleared: of one's own conversation alone. */
  readonly ownRoom: boolean;
  readonly mayEscalate: boolean;
  readonly escalating: boolean;
  readonly confirming: boolean;
  /** Something that went wrong, until it is dismissed or its time is over. */
  readonly notice: string;
  readonly draft: string;
  readonly scrolling: Scrolling;

  close(): void;
  write(text: string): void;
  submit(): void;
  attach(files: Iterable<File>): void;
  stop(): void;
  escalate(): void;
  confirm(asking: boolean): void;
  clear(): void;
  dismissNotice(): void;
  reconnect(): void;
  toNewest(): void;
  /** The message's Markdown, if it has any and it can be shown already. */
  markdown(message: ChatMessage): HTMLElement | undefined;
  received(file: string): Received;
  save(file: string, name: string): void;
}
