/**
 * Which ids of the log were given out in which opening of its file. An opening has a name that was never there before and is
 * written down with the first id that it gives out. So whoever reads by id, and knows the names under which it read, can
 * tell whether its ids are still the records that they were: not so when the file was replaced by an older state of itself, or
 * begun anew, and gave them out again.
 */
import { newJournalId } from '../../core/ids.js';
import { limits } from '../../core/limits.js';
import type { LogOpening } from '../../protocol/log-opening.js';
import type { Connection } from '../sqlite/database.js';

export class Openings {
  /** Of this one. */
  readonly epoch = newJournalId();
  readonly #insert;
  readonly #trim;
  readonly #all;
  readonly #headId;
  #isNoted = false;

  constructor(db: Connection) {
    this.#insert = db.prepare('INSERT OR IGNORE INTO openings (epoch, first_id) VALUES (?, ?)');
    this.#trim = db.prepare<[number]>(
      'DELETE FROM openings WHERE id <= (SELECT id FROM openings ORDER BY id DESC LIMIT 1 OFFSET ?)',
    );
    this.#headId = db.prepare<[], number>("SELECT max(seq) FROM sqlite_sequence WHERE name = 'records'").pluck();
    this.#all = db.prepare<[], LogOpening>('SELECT epoch, first_id AS firstId FROM openings ORDER BY id');
  }

  /** Within the transaction that gives out an id, before it does. */
  note(): void {
    if (this.#isNoted) return;
    this.#isNoted = true;
    this.#insert.run(this.epoch, this.#nextId);
    this.#trim.run(limits.logOpeningsKept);
  }

  /** The transaction did not happen. */
  forget(): void {
    this.#isNoted = false;
  }

  /** Those that gave out ids, oldest first, and this one. */
  list(): LogOpening[] {
    const known = this.#all.all();
    return known.at(-1)?.epoch === this.epoch ? known : [...known, { epoch: this.epoch, firstId: this.#nextId }];
  }

  get #nextId(): number {
    return (this.#headId.get() ?? 0) + 1;
  }
}
