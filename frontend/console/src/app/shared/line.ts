import { ChatMessage, Source } from '@parley/chat-core';
import { Note, Said } from '../core/wire';

export type Author = 'customer' | 'agent' | 'bot' | 'system' | 'note' | 'member';

/** One entry of a conversation as it is shown: a message, or a note among them. */
export interface Line {
  key: string;
  author: Author;
  mine: boolean;
  name: string;
  /** Its author's id. */
  who: string;
  text: string;
  at: Date;
  /** How far it has come: see ChatMessage; notes are complete. */
  status: string;
  error?: string;
  files: readonly string[];
  sources?: readonly Source[];
  edited: boolean;
}

export function ofSaid(said: Said, customer: { name: string; who: string }): Line {
  const author = said.bot ? 'bot' : said.author === 'CUS' ? 'customer' : 'agent';
  return {
    key: `seq-${said.id}`,
    author,
    mine: false,
    name: { bot: 'Assistant', customer: customer.name, agent: 'Agent' }[author],
    // The polling door does not tell which agent it was.
    who: author === 'customer' ? customer.who : author,
    text: said.content,
    at: new Date(said.date),
    // The polling door tells no status; a reply without a word was stopped.
    status: said.bot && !said.content ? 'cancelled' : 'complete',
    files: [],
    edited: false,
  };
}

/** A live message; `by` says who its sender is. */
export function ofMessage(m: ChatMessage, by: (m: ChatMessage) => Pick<Line, 'author' | 'name' | 'who'>): Line {
  return {
    ...by(m),
    key: m.key,
    mine: m.own,
    text: m.text,
    at: m.createdAt,
    status: m.status,
    error: m.error,
    files: m.files,
    sources: m.sources,
    edited: m.edited,
  };
}

export function ofNote(note: Note, me: string, name: (id: string) => string): Line {
  return {
    key: `note-${note.id}`,
    author: 'note',
    mine: note.author === me,
    name: name(note.author),
    who: note.author,
    text: note.content,
    at: new Date(note.createdAt),
    status: 'complete',
    files: [],
    edited: false,
  };
}

/** Puts notes between messages, by time; both lists keep their own order. */
export function merged(messages: readonly Line[], notes: readonly Line[]): Line[] {
  const all: Line[] = [];
  let next = 0;
  for (const message of messages) {
    for (let note = notes[next]; note && note.at < message.at; note = notes[++next]) {
      all.push(note);
    }
    all.push(message);
  }
  return all.concat(notes.slice(next));
}
