/**
 * Verifying a run of stored entries against the chain they belong to. Pure.
 *
 * I1. An entry is a record only if its content leads from the hash before it to a hash that the chain goes on from.
 * I2. One that does not becomes a hole that keeps the chain going, so a flipped byte costs one record, never the rest.
 * I3. Where the flipped byte was in the stored hash itself, the entry after it (or the head) proves the recomputed one,
 *     and the record is saved.
 * After a row that is gone altogether nothing can prove the next record: it is passed on behind a hole without a hash,
 * because a record lost for certain is worse than one beside a loud hole.
 */
import { type ChainEntry, type ChainPoint, chainHash, type NewRecord, sameHash } from '../record.js';

/** A row as it was found: whatever could not be decoded is missing. */
export interface StoredEntry {
  readonly seq: number;
  readonly record: NewRecord | undefined;
  readonly hash: Uint8Array | null;
}

export interface Damage {
  readonly journalId: string;
  readonly seq: number;
  readonly reason: string;
  /** True where the content was proved and only the stored hash was wrong. */
  readonly isRepaired: boolean;
}

export interface VerifiedRun {
  readonly entries: readonly ChainEntry[];
  readonly damaged: readonly Omit<Damage, 'journalId'>[];
}

interface Verdict {
  readonly entry: ChainEntry;
  readonly reason?: string;
  readonly isRepaired?: boolean;
}

/**
 * The entries start.seq+1 … lastSeq. `stored` is ascending and may hold one more, which then proves the last of the
 * run; `head` is where the chain ends.
 */
export function verifyRun(
  start: ChainPoint,
  stored: readonly StoredEntry[],
  lastSeq: number,
  head: ChainPoint,
): VerifiedRun {
  const entries: ChainEntry[] = [];
  const damaged: Omit<Damage, 'journalId'>[] = [];
  let previous = start.hash;
  let index = 0;
  for (let seq = start.seq + 1; seq <= lastSeq; seq++) {
    const found = stored[index]?.seq === seq ? stored[index++] : undefined;
    const next = stored[index]?.seq === seq + 1 ? stored[index] : undefined;
    const { entry, reason, isRepaired = false } = judge(previous, seq, found, next, head);
    entries.push(entry);
    if (reason !== undefined) damaged.push({ seq, reason, isRepaired });
    previous = entry.hash;
  }
  return { entries, damaged };
}

function judge(
  previous: Uint8Array | null,
  seq: number,
  found: StoredEntry | undefined,
  next: StoredEntry | undefined,
  head: ChainPoint,
): Verdict {
  if (found === undefined) return hole(seq, seq === head.seq ? head.hash : null, 'its row is missing');
  const { record, hash } = found;
  if (record === undefined) return hole(seq, hash, 'its row cannot be read');
  if (previous === null) {
    return hash === null
      ? hole(seq, null, 'its row cannot be read')
      : { entry: { kind: 'record', ...record, seq, hash } };
  }
  const computed = chainHash(previous, seq, record);
  if (hash !== null && sameHash(computed, hash)) return { entry: { kind: 'record', ...record, seq, hash } };
  if (leadsOn(computed, seq, next, head)) {
    return {
      entry: { kind: 'record', ...record, seq, hash: computed },
      reason: 'its stored hash was wrong',
      isRepaired: true,
    };
  }
  return hole(seq, hash, 'its content does not match its hash');
}

function hole(seq: number, hash: Uint8Array | null, reason: string): Verdict {
  return { entry: { kind: 'hole', seq, hash, reason }, reason };
}

function leadsOn(hash: Uint8Array, seq: number, next: StoredEntry | undefined, head: ChainPoint): boolean {
  if (seq === head.seq) return head.hash !== null && sameHash(hash, head.hash);
  if (next?.record === undefined || next.hash === null) return false;
  return sameHash(chainHash(hash, seq + 1, next.record), next.hash);
}
