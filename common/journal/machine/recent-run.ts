/**
 * What a journal has stored last, kept for the one who sends it on: he would else ask the file for what was just written
 * into it, row by row, and prove each again. Only what its commit is known of; one chain, without a gap, bounded in bytes.
 *
 * It answers what follows a place that it holds, and nothing about anything else: then the file is asked. Of what is stored in
 * another way (an incident, a count of errors) it must be told by `forget`, before anybody is told that there is something.
 */
import { limits } from '../../core/limits.js';
import { hashIn, type PackedRecords, recordAt } from '../packed-records.js';
import type { ChainEntry, ChainPoint } from '../record.js';
import type { Run, RunBounds } from './record-table.js';

/** Beside the bytes of its body, what a record costs in memory: its hash, and its part of the columns. */
const RECORD_OVERHEAD_BYTES = 64;

/** Packed as long as nobody asks: a thousand objects that live until they are sent cost the collector more than to make them. */
interface Stored {
  readonly firstSeq: number;
  readonly records: PackedRecords;
  readonly hashes: Uint8Array;
  readonly bytes: number;
}

/** Where a batch was stored, its hashes in one piece. */
export interface PackedReceipt {
  readonly journalId: string;
  readonly firstSeq: number;
  readonly hashes: Uint8Array;
}

export class RecentRun {
  #journalId = '';
  #stored: Stored[] = [];
  #bytes = 0;
  /** Of the newest entry. */
  #lastSeq = 0;

  /** A batch whose commit was answered, in the order of the answers. */
  add({ journalId, firstSeq, hashes }: PackedReceipt, records: PackedRecords): void {
    const { count, bodies } = records;
    if (count === 0) return;
    if (journalId !== this.#journalId || firstSeq !== this.#lastSeq + 1) this.#begin(journalId);
    const bytes = bodies.byteLength + count * RECORD_OVERHEAD_BYTES;
    this.#stored.push({ firstSeq, records, hashes, bytes });
    this.#bytes += bytes;
    this.#lastSeq = firstSeq + count - 1;
    while (this.#bytes > limits.recentBytesMax) this.#bytes -= this.#stored.shift()?.bytes ?? this.#bytes;
  }

  /** What follows a place; undefined where the file must be asked. What lies before the place is not asked for again. */
  after(place: ChainPoint & { readonly journalId: string }, { limit, bytesMax }: RunBounds): Run | undefined {
    const { journalId, seq, hash } = place;
    if (journalId !== this.#journalId) return undefined;
    this.#forgetUpTo(seq);
    const [first] = this.#stored;
    if (first === undefined || first.firstSeq > seq + 1) return undefined;
    const entries: ChainEntry[] = [];
    let bytes = 0;
    for (const { firstSeq, records, hashes } of this.#stored) {
      for (let i = Math.max(0, seq + 1 - firstSeq); i < records.count; i++) {
        const { stream, tsMs, agent, epoch, body, trace, ref, key } = recordAt(records, i);
        bytes += body.byteLength;
        const isFull = entries.length === limit || (bytes > bytesMax && entries.length > 0);
        if (isFull) return { journalId, previous: { seq, hash }, entries, damaged: [] };
        const place = { seq: firstSeq + i, hash: hashIn(hashes, i) };
        entries.push({ kind: 'record', ...place, stream, tsMs, agent, epoch, body, trace, ref, key });
      }
    }
    return { journalId, previous: { seq, hash }, entries, damaged: [] };
  }

  /** The place is behind all that was ever stored. */
  isAtEnd({ journalId, seq }: ChainPoint & { readonly journalId: string }): boolean {
    return journalId !== '' && journalId === this.#journalId && seq === this.#lastSeq;
  }

  /** Something was stored, or may have been, that is not said here. */
  forget(): void {
    this.#begin('');
  }

  #begin(journalId: string): void {
    this.#journalId = journalId;
    this.#stored = [];
    this.#bytes = 0;
  }

  #forgetUpTo(seq: number): void {
    for (let [first] = this.#stored; first !== undefined; [first] = this.#stored) {
      if (first.firstSeq + first.records.count - 1 > seq) return;
      this.#bytes -= first.bytes;
      this.#stored.shift();
    }
  }
}
