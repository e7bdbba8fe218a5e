/**
 * Exactly once between a reporter and the journal: a reporter numbers its reports, has one batch in flight and repeats it
 * until it is answered; the journal keeps the answer to the last batch of each. A repeat is known by its number and length
 * alone: a node of another release may complete the same reports in another way, and they are the same ones all the same.
 */
import { MeshError } from '../../core/errors.js';
import type { Producer } from '../machine/producer-table.js';
import type { Connection } from '../sqlite/database.js';
import type { ReportPlace } from './fold-table.js';

interface ReporterRow {
  readonly first_seq: number;
  readonly count: number;
  readonly answer: string;
}

type PlaceColumns = [journalId: string, seq: number, hash: string, isFolded: boolean];

export class ReporterTable {
  readonly #get;
  readonly #put;
  readonly #trim;

  constructor(db: Connection) {
    this.#get = db.prepare<[string], ReporterRow>('SELECT first_seq, count, answer FROM reporters WHERE id = ?');
    this.#put = db.prepare(
      'REPLACE INTO reporters VALUES (?, ?, ?, ?, (SELECT coalesce(max(turn), 0) + 1 FROM reporters))',
    );
    this.#trim = db.prepare<[number]>(
      'DELETE FROM reporters WHERE turn <= (SELECT turn FROM reporters ORDER BY turn DESC LIMIT 1 OFFSET ?)',
    );
  }

  /** The answer to a repeat; undefined for a batch that is new. @throws CONFLICT for one that is neither */
  answerOf({ id, firstSeq }: Producer, count: number): ReportPlace[] | undefined {
    const last = this.#get.get(id);
    if (last === undefined || firstSeq >= last.first_seq + last.count) return undefined;
    if (firstSeq === last.first_seq && count === last.count) return placesOf(last.answer);
    throw new MeshError('CONFLICT', `${id} sent reports from ${firstSeq} again, and not the same ones`, {
      hint: 'A reporter repeats its last batch unchanged, or goes on behind it.',
      details: { producer: id, firstSeq, expectedSeq: last.first_seq + last.count },
    });
  }

  put({ id, firstSeq }: Producer, places: readonly ReportPlace[]): void {
    const columns = places.map(
      ({ journalId, seq, hash, isFolded }): PlaceColumns => [
        journalId,
        seq,
        Buffer.from(hash).toString('base64'),
        isFolded,
      ],
    );
    this.#put.run(id, firstSeq, places.length, JSON.stringify(columns));
  }

  /** Keeps the reporters that were heard last. */
  trim(keep: number): void {
    this.#trim.run(keep);
  }
}

const placesOf = (answer: string): ReportPlace[] =>
  (JSON.parse(answer) as PlaceColumns[]).map(([journalId, seq, hash, isFolded]) => ({
    journalId,
    seq,
    hash: Buffer.from(hash, 'base64'),
    isFolded,
  }));
