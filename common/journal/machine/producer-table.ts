/**
 * Exactly once between an emitter and the journal. An emitter numbers its records, has one batch in flight and repeats
 * it unchanged until it is answered; the journal keeps the last batch of each. A repeat is proved by computing its
 * hashes again from where it began: so the receipts can be given again even when the rows were pruned, and a batch of
 * the same number with other content is a conflict, not a repeat.
 */
import { MeshError } from '../../core/errors.js';
import { type ChainPoint, chainHash, type NewRecord, sameHash } from '../record.js';
import type { Connection } from '../sqlite/database.js';

export interface Producer {
  /** `agent#epoch`: one incarnation of an emitter. */
  readonly id: string;
  /** The emitter's own number of the first record of the batch. */
  readonly firstSeq: number;
}

/** Where a batch lies: its records are numbered from `firstSeq` on, each under its hash. */
export interface Receipt {
  readonly journalId: string;
  readonly firstSeq: number;
  readonly hashes: readonly Uint8Array[];
}

interface ProducerRow {
  first_seq: number;
  count: number;
  journal_id: string;
  journal_seq: number;
  previous_hash: Uint8Array;
  last_hash: Uint8Array;
}

export type ProducerVerdict =
  /** `missingCount`: records that the emitter was told are safe and that this journal does not hold any more. */
  | { readonly kind: 'new'; readonly missingCount: number }
  | { readonly kind: 'repeat'; readonly receipt: Receipt }
  | { readonly kind: 'conflict'; readonly error: MeshError };

export class ProducerTable {
  readonly #get;
  readonly #put;
  readonly #trim;

  constructor(db: Connection) {
    this.#get = db.prepare<[string], ProducerRow>('SELECT * FROM producers WHERE id = ?');
    this.#put = db.prepare('REPLACE INTO producers VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
    this.#trim = db.prepare<[number]>(
      'DELETE FROM producers WHERE position <= (SELECT position FROM producers ORDER BY position DESC LIMIT 1 OFFSET ?)',
    );
  }

  judge({ id, firstSeq }: Producer, records: readonly NewRecord[]): ProducerVerdict {
    const last = this.#get.get(id);
    if (last === undefined) return { kind: 'new', missingCount: 0 };
    const expectedSeq = last.first_seq + last.count;
    if (firstSeq >= expectedSeq) return { kind: 'new', missingCount: firstSeq - expectedSeq };
    const receipt =
      firstSeq === last.first_seq && records.length === last.count ? receiptAgain(last, records) : undefined;
    if (receipt !== undefined) return { kind: 'repeat', receipt };
    const error = new MeshError('CONFLICT', `${id} sent records from ${firstSeq} again, and not the same ones`, {
      hint: 'An emitter repeats its last batch unchanged, or goes on behind it.',
      details: { producer: id, firstSeq, expectedSeq },
    });
    return { kind: 'conflict', error };
  }

  put(
    { id, firstSeq }: Producer,
    count: number,
    journalId: string,
    previous: ChainPoint,
    lastHash: Uint8Array,
    position: number,
  ): void {
    this.#put.run(id, firstSeq, count, journalId, previous.seq + 1, previous.hash, lastHash, position);
  }

  /** Keeps the emitters that were heard last. */
  trim(keep: number): void {
    this.#trim.run(keep);
  }
}

function receiptAgain(last: ProducerRow, records: readonly NewRecord[]): Receipt | undefined {
  let hash = last.previous_hash;
  const hashes = records.map((record, index) => {
    hash = chainHash(hash, last.journal_seq + index, record);
    return hash;
  });
  return sameHash(hash, last.last_hash)
    ? { journalId: last.journal_id, firstSeq: last.journal_seq, hashes }
    : undefined;
}
