/**
 * Exactly once between an emitter and the journal. An emitter numbers its records, has one batch in flight and repeats
 * it unchanged until it is answered; the journal keeps the last batch of each. A repeat is proved by computing its
 * hashes again from where it began: so the receipts can be given again even when the rows were pruned, and a batch of
 * the same number with other content is a conflict, not a repeat.
 */
import { MeshError } from '../../core/errors.js';
import { chainHash, contentHash, type NewRecord, sameHash } from '../record.js';
import type { Connection } from '../sqlite/database.js';

export interface Producer {
  /** `agent#epoch`: one incarnation of an emitter. */
  readonly id: string;
  /** The emitter's own number of the first record of the batch. */
  readonly firstSeq: number;
}

/** A record of a batch that was stored before under its dedupeKey, and where. */
export interface Repeated {
  readonly index: number;
  readonly journalId: string;
  readonly seq: number;
  readonly hash: Uint8Array;
}

/** Where a batch lies: its records are numbered from `firstSeq` on, each under its hash, but for those that were stored before. */
export interface Receipt {
  readonly journalId: string;
  readonly firstSeq: number;
  readonly hashes: readonly Uint8Array[];
  /** Only where there are any. */
  readonly repeats?: readonly Repeated[];
}

interface ProducerRow {
  first_seq: number;
  count: number;
  journal_id: string;
  journal_seq: number;
  previous_hash: Uint8Array;
  last_hash: Uint8Array;
  repeats: string;
}

type RepeatColumns = [index: number, journalId: string, seq: number, hash: string, content: string];

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
    this.#put = db.prepare('REPLACE INTO producers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)');
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

  /** `last`: of what was stored of the batch, or before it. */
  put(
    { id, firstSeq }: Producer,
    records: readonly NewRecord[],
    { journalId, firstSeq: journalSeq, repeats }: Receipt,
    previousHash: Uint8Array,
    last: { readonly hash: Uint8Array; readonly position: number },
  ): void {
    const place = [journalId, journalSeq, previousHash, last.hash, last.position];
    this.#put.run(id, firstSeq, records.length, ...place, repeats === undefined ? '' : textOf(repeats, records));
  }

  /** Keeps the emitters that were heard last. */
  trim(keep: number): void {
    this.#trim.run(keep);
  }
}

function receiptAgain(last: ProducerRow, records: readonly NewRecord[]): Receipt | undefined {
  const repeats = last.repeats === '' ? undefined : repeatsOf(last.repeats, records);
  if (repeats === null) return undefined;
  let hash = last.previous_hash;
  const hashes = storedOf(records, repeats).map((record, index) => {
    hash = chainHash(hash, last.journal_seq + index, record);
    return hash;
  });
  if (!sameHash(hash, last.last_hash)) return undefined;
  const receipt = { journalId: last.journal_id, firstSeq: last.journal_seq, hashes };
  return repeats === undefined ? receipt : { ...receipt, repeats };
}

/** Those records of a batch that were not stored before. */
export function storedOf(
  records: readonly NewRecord[],
  repeats: readonly Repeated[] | undefined,
): readonly NewRecord[] {
  if (repeats === undefined) return records;
  const repeated = new Set(repeats.map(({ index }) => index));
  return records.filter((_, index) => !repeated.has(index));
}

function textOf(repeats: readonly Repeated[], records: readonly NewRecord[]): string {
  const columns = repeats.flatMap(({ index, journalId, seq, hash }): RepeatColumns[] => {
    const record = records[index];
    return record === undefined ? [] : [[index, journalId, seq, base64Of(hash), base64Of(contentHash(record))]];
  });
  return JSON.stringify(columns);
}

/** Null when these are not the records of which it was said. */
function repeatsOf(text: string, records: readonly NewRecord[]): readonly Repeated[] | null {
  const columns = JSON.parse(text) as RepeatColumns[];
  const isSame = columns.every(([index, , , , content]) => {
    const record = records[index];
    return record !== undefined && base64Of(contentHash(record)) === content;
  });
  if (!isSame) return null;
  return columns.map(([index, journalId, seq, hash]) => ({ index, journalId, seq, hash: Buffer.from(hash, 'base64') }));
}

const base64Of = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
