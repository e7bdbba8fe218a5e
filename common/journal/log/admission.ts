/**
 * Which entries of a batch the log takes. Pure: the log's side of "exactly once by (journal id, seq) and a hash chain".
 *
 * Entries up to the head are duplicates, to be compared by hash with what is stored; the first new one must be the next
 * of the chain; every new record's hash is computed again from the one before it. A hole moves the chain to the hash
 * it names. Where the hash before a record is unknown (behind a hole that has none) the record's own is taken.
 */
import { MeshError } from '../../core/errors.js';
import { type ChainEntry, type ChainPoint, chainHash, HASH_BYTES, refusalOf, sameHash } from '../record.js';

export interface Batch {
  readonly journalId: string;
  /** The hash before the first entry, as the sender holds it: tells a forked chain from a damaged record. */
  readonly previousHash?: Uint8Array | null;
  readonly entries: readonly ChainEntry[];
}

export interface Admission {
  readonly duplicates: readonly ChainEntry[];
  readonly fresh: readonly ChainEntry[];
  readonly head: ChainPoint;
}

/** Fails with JOURNAL_GAP, CONFLICT, JOURNAL_DAMAGED, INVALID_INPUT or TOO_LARGE; then nothing of the batch is taken. */
export function admit(head: ChainPoint, { journalId, previousHash = null, entries }: Batch): Admission {
  const first = entries[0];
  if (first === undefined) return { duplicates: [], fresh: [], head };
  refuseDisorder(journalId, entries);
  if (first.seq > head.seq + 1) {
    throw new MeshError(
      'JOURNAL_GAP',
      `chain ${journalId} is held up to ${head.seq}, the batch begins at ${first.seq}`,
      {
        hint: `Send from ${head.seq + 1} on.`,
        details: { journalId, headSeq: head.seq },
      },
    );
  }
  if (first.seq === head.seq + 1 && !agree(previousHash, head.hash)) throw conflict(journalId, head.seq);
  const fresh = entries.slice(head.seq + 1 - first.seq);
  const duplicates = entries.slice(0, entries.length - fresh.length);
  return { duplicates, fresh, head: fresh.reduce((point, entry) => step(journalId, point, entry), head) };
}

/** Two hashes of one place agree unless both are known and differ. */
export const agree = (a: Uint8Array | null, b: Uint8Array | null): boolean =>
  a === null || b === null || sameHash(a, b);

export function conflict(journalId: string, seq: number): MeshError {
  return new MeshError('CONFLICT', `entry ${seq} of chain ${journalId} is held with another hash`, {
    hint: 'Two journals claim one chain: send the pending records again under a new one.',
    details: { journalId, seq },
  });
}

function refuseDisorder(journalId: string, entries: readonly ChainEntry[]): void {
  entries.forEach((entry, index) => {
    const isNext =
      index === 0
        ? Number.isSafeInteger(entry.seq) && entry.seq > 0
        : entry.seq === Number(entries[index - 1]?.seq) + 1;
    const isSound = isNext && (entry.hash === null ? entry.kind === 'hole' : entry.hash.byteLength === HASH_BYTES);
    if (!isSound)
      throw new MeshError('INVALID_INPUT', `the entries for chain ${journalId} are not consecutive, each with a hash`);
  });
}

function step(journalId: string, previous: ChainPoint, entry: ChainEntry): ChainPoint {
  if (entry.kind === 'hole') return entry;
  const refusal = refusalOf(entry);
  if (refusal !== undefined) throw refusal;
  if (previous.hash === null || sameHash(chainHash(previous.hash, entry.seq, entry), entry.hash)) return entry;
  throw new MeshError('JOURNAL_DAMAGED', `entry ${entry.seq} of chain ${journalId} does not match its hash`, {
    hint: 'Read it from the journal again; a row that is damaged there is sent as a hole.',
    details: { journalId, seq: entry.seq },
  });
}
