import type { ChatMessage, Connection } from '@parley/chat-core';
import type { Files } from '../files/files';
import type { TemplateResult } from 'lit/html.js';
import type { Conversation } from '../session/conversation';
import type { Texts } from '../texts';
import type { Scrolling } from './scrolling';

/** Where parts are shown. */
export interface Stage {
  requestUpdate(): void;
  /** Adds a part's styles. */
  wear(styles: string): void;
}

/** What the views show, and what they ask for. `<parley-chat>` is one. */
export interface Host extends Stage {
  readonly texts: Texts;
  /** The language that dates are written in. */
  readonly language: string;
  readonly heading: string | null;
  readonly conversation: Conversation | undefined;
  /** There once there is a file. */
  readonly files: Files | undefined;

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
  /** One of a message's files. */
  file(message: ChatMessage, id: string): TemplateResult;
}
