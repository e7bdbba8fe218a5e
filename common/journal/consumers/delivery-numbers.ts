/**
 * Numbers for deliveries, none of which is ever used twice. They are reserved on the disk in advance, so that a delivery
 * costs no commit, and an opening of the file begins behind what was reserved. It also begins behind the clock in
 * microseconds: a file that was restored from a backup or begun anew does not know what was reserved.
 */
import { limits } from '../../core/limits.js';
import type { Connection } from '../sqlite/database.js';

export class DeliveryNumbers {
  readonly #store;
  #last: number;
  #reserved: number;

  constructor(db: Connection, wallMs: number) {
    this.#store = db.prepare('REPLACE INTO delivery_numbers VALUES (1, ?)');
    const stored = db.prepare<[], number>('SELECT reserved FROM delivery_numbers').pluck().get() ?? 0;
    this.#last = Math.max(stored, Math.min(Math.floor(wallMs) * 1_000, CLOCK_MAX));
    this.#reserved = this.#last;
  }

  /** Within a transaction, before as many numbers are taken: what it writes is stored with what they are given to. */
  reserve(count: number): void {
    if (this.#last + count <= this.#reserved) return;
    const reserved = this.#last + Math.max(count, limits.groupNumbersReserved);
    this.#store.run(reserved);
    this.#reserved = reserved;
  }

  /** The transaction that reserved did not happen: nothing may be taken on its word. */
  forget(): void {
    this.#reserved = this.#last;
  }

  next(): number {
    this.#last += 1;
    return this.#last;
  }
}

/** Whatever the clock says, there is room behind it: it is there in the year 2112. */
const CLOCK_MAX = 2 ** 52;
