/** Records that their group could not handle, each with a copy of itself: the log may prune its own. */
import { limits } from '../../core/limits.js';
import type { LogRecord } from '../log/log-reader.js';
import type { Connection } from '../sqlite/database.js';
import type { DeadLetter } from './group-types.js';

export interface Letter extends LogRecord {
  readonly deliveries: number;
  readonly code: string;
  readonly message: string;
  readonly diedMs: number;
  /** It is being tried again. */
  readonly replayed: boolean;
}

type LetterRow = Omit<Letter, 'replayed'> & { readonly replayed: number };

const selectLetters = `SELECT id, journal_id AS journalId, machine, seq, ts AS tsMs, stream, agent, epoch, body, hash, trace, ref, key,
  integrity, deliveries, code, message, died_ms AS diedMs, replayed FROM dead_letters`;

export class DeadLetters {
  readonly #insert;
  readonly #diedAgain;
  readonly #page;
  readonly #one;
  readonly #ids;
  readonly #replayed;
  readonly #count;
  readonly #markReplayed;
  readonly #delete;
  readonly #deleteAll;

  constructor(db: Connection) {
    this.#insert = db.prepare(
      'INSERT INTO dead_letters VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    );
    this.#diedAgain = db.prepare(
      'UPDATE dead_letters SET deliveries = deliveries + ?, code = ?, message = ?, died_ms = ?, replayed = 0 WHERE group_id = ? AND id = ?',
    );
    this.#page = db.prepare<[number, number, number], LetterRow>(
      `${selectLetters} WHERE group_id = ? AND id > ? ORDER BY id LIMIT ?`,
    );
    this.#one = db.prepare<[number, number], LetterRow>(`${selectLetters} WHERE group_id = ? AND id = ?`);
    this.#ids = db.prepare<[number], number>('SELECT id FROM dead_letters WHERE group_id = ? ORDER BY id').pluck();
    this.#replayed = db
      .prepare<[number], number>('SELECT id FROM dead_letters WHERE group_id = ? AND replayed = 1 ORDER BY id')
      .pluck();
    this.#count = db.prepare<[number], number>('SELECT count(*) FROM dead_letters WHERE group_id = ?').pluck();
    this.#markReplayed = db.prepare(
      'UPDATE dead_letters SET replayed = 1 WHERE group_id = ? AND id = ? AND replayed = 0',
    );
    this.#delete = db.prepare('DELETE FROM dead_letters WHERE group_id = ? AND id = ?');
    this.#deleteAll = db.prepare('DELETE FROM dead_letters WHERE group_id = ?');
  }

  count(groupId: number): number {
    return this.#count.get(groupId) ?? 0;
  }

  replayedIds(groupId: number): number[] {
    return this.#replayed.all(groupId);
  }

  ids(groupId: number): number[] {
    return this.#ids.all(groupId);
  }

  find(groupId: number, id: number): Letter | undefined {
    const row = this.#one.get(groupId, id);
    return row === undefined ? undefined : letterOf(row);
  }

  /** Those behind an id, as many as fit an answer. */
  page(groupId: number, afterId: number, limit: number): { letters: Letter[]; more: boolean } {
    const letters: Letter[] = [];
    let sizeBytes = 0;
    for (const row of this.#page.iterate(groupId, afterId, limit + 1)) {
      sizeBytes += row.body.byteLength + row.message.length;
      const isFull = letters.length === limit || (letters.length > 0 && sizeBytes > limits.logReadBytesMax);
      if (isFull) return { letters, more: true };
      letters.push(letterOf(row));
    }
    return { letters, more: false };
  }

  /** @param record undefined for one that died before: its copy is here. */
  add(
    groupId: number,
    { id, deliveries, code, message }: DeadLetter,
    record: LogRecord | undefined,
    wallMs: number,
  ): void {
    const why = message.slice(0, limits.errorTextMax);
    const { changes } = this.#diedAgain.run(deliveries, code, why, wallMs, groupId, id);
    if (changes > 0 || record === undefined) return;
    const { journalId, machine, seq, tsMs, stream, agent, epoch, body, hash, trace, ref, key, integrity } = record;
    const copy = [journalId, machine, seq, tsMs, stream, agent, epoch, body, hash, trace, ref, integrity, key];
    this.#insert.run(groupId, id, deliveries, code, why, wallMs, ...copy);
  }

  /** @returns whether it was dead, and not being tried already. */
  markReplayed(groupId: number, id: number): boolean {
    return this.#markReplayed.run(groupId, id).changes > 0;
  }

  delete(groupId: number, id: number): boolean {
    return this.#delete.run(groupId, id).changes > 0;
  }

  deleteAll(groupId: number): void {
    this.#deleteAll.run(groupId);
  }
}

const letterOf = (row: LetterRow): Letter => ({ ...row, replayed: row.replayed === 1 });
