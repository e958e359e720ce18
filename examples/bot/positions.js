import { readFileSync, renameSync, writeFileSync } from 'node:fs';

const saveAfterMs = 1000;

// version makes the cursors of one room comparable; the empty one is the start.
const version = (cursor) => Number(cursor.slice(cursor.lastIndexOf(':') + 1));

/**
 * How far the bot is in each room, in a file. A new room is written at once; a
 * move within a second: what is forgotten by a crash is dealt with once more,
 * which nonces make harmless. Never is a position written before what lies
 * before it is dealt with.
 */
export class Positions {
  #file;
  #rooms = new Map(); // id → { cursor, seq }
  #timer;

  constructor(file) {
    this.#file = file;
    try {
      this.#rooms = new Map(Object.entries(JSON.parse(readFileSync(file, 'utf8'))));
    } catch (error) {
      if (error.code !== 'ENOENT') throw error;
    }
  }

  has(room) {
    return this.#rooms.has(room);
  }

  cursor(room) {
    return this.#rooms.get(room)?.cursor;
  }

  /** The highest seq that is dealt with, or was there before the bot. */
  seq(room) {
    return this.#rooms.get(room)?.seq ?? 0;
  }

  /** @returns {Record<string, string>} as `sync` takes them */
  cursors() {
    return Object.fromEntries([...this.#rooms].map(([id, { cursor }]) => [id, cursor]));
  }

  begin(room, cursor, seq) {
    this.#rooms.set(room, { cursor, seq });
    this.save();
  }

  forget(room) {
    if (this.#rooms.delete(room)) this.save();
  }

  /** Moves a room's position forward, never back. */
  move(room, cursor, seq) {
    const at = this.#rooms.get(room);
    if (!at) return; // the bot is out of it
    if (version(cursor) > version(at.cursor)) at.cursor = cursor;
    at.seq = Math.max(at.seq, seq);
    this.#timer ??= setTimeout(() => this.save(), saveAfterMs);
  }

  save() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    // Whole or not at all: a file that is half written would be the bot's end.
    writeFileSync(`${this.#file}.new`, JSON.stringify(Object.fromEntries(this.#rooms)));
    renameSync(`${this.#file}.new`, this.#file);
  }
}
