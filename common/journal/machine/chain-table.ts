/**
 * The chains of a journal file: which exist, where each begins, is acknowledged and ends. The last one is current and
 * the only one that grows. Chains are values, kept in memory and in the file; a change is made in a transaction of the
 * caller, who puts the memory back (`restore`) when that transaction fails. Each row carries a digest of itself: one
 * that does not match is damage of the file, because a wrong mark would make records vanish without a word.
 */
import { MeshError } from '../../core/errors.js';
import { newJournalId } from '../../core/ids.js';
import { type ChainPoint, genesisHash, rowDigest, sameHash } from '../record.js';
import type { Connection } from '../sqlite/database.js';

/**
 * open: grows · sealed: an earlier opening · lost-tail: the log holds more of it than this file, or other records behind its
 * end · superseded: all that is here of it was written again into a later chain.
 */
export type ChainStatus = 'open' | 'sealed' | 'lost-tail' | 'superseded';

export interface Chain {
  readonly id: number;
  readonly journalId: string;
  /** The chain with records before this one. Two chains with one parent betray a file restored from a backup. */
  readonly parentId: string | null;
  readonly status: ChainStatus;
  readonly firstPosition: number;
  /** The last entry that was pruned. */
  readonly base: ChainPoint;
  readonly acked: ChainPoint;
  readonly head: ChainPoint & { readonly hash: Uint8Array };
  readonly openedMs: number;
}

interface ChainRow {
  id: number;
  journal_id: string;
  parent_id: string | null;
  status: ChainStatus;
  first_position: number;
  base_seq: number;
  base_hash: Uint8Array | null;
  acked_seq: number;
  acked_hash: Uint8Array | null;
  head_seq: number;
  head_hash: Uint8Array;
  opened_ms: number;
  digest: Uint8Array;
}

export const positionOf = (chain: Chain, seq: number): number => chain.firstPosition + seq - 1;

export class ChainTable {
  readonly #put;
  readonly #drop;
  #chains: readonly Chain[];

  constructor(db: Connection) {
    this.#put = db.prepare(
      // Not REPLACE, which writes the index of names again, and every commit comes here.
      `INSERT INTO chains (id, journal_id, parent_id, status, first_position, base_seq, base_hash, acked_seq, acked_hash,
       head_seq, head_hash, opened_ms, digest) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET parent_id = excluded.parent_id, status = excluded.status,
       base_seq = excluded.base_seq, base_hash = excluded.base_hash, acked_seq = excluded.acked_seq,
       acked_hash = excluded.acked_hash, head_seq = excluded.head_seq, head_hash = excluded.head_hash,
       digest = excluded.digest`,
    );
    this.#drop = db.prepare<[number]>('DELETE FROM chains WHERE id = ?');
    this.#chains = db.prepare<[], ChainRow>('SELECT * FROM chains ORDER BY id').all().map(chainOf);
  }

  /** Oldest first. A value: later changes make another. */
  get all(): readonly Chain[] {
    return this.#chains;
  }

  get current(): Chain {
    const chain = this.#chains.at(-1);
    if (chain === undefined) throw new MeshError('INTERNAL', 'the journal has no chain yet');
    return chain;
  }

  find(journalId: string): Chain {
    const chain = this.#chains.find((candidate) => candidate.journalId === journalId);
    if (chain === undefined)
      throw new MeshError('NOT_FOUND', `this journal has no chain ${journalId}`, { details: { journalId } });
    return chain;
  }

  /** It has no row any more, and a chain behind it still names it. */
  isForgotten(journalId: string): boolean {
    const isThere = this.#chains.some((chain) => chain.journalId === journalId);
    return !isThere && this.#chains.some(({ parentId }) => parentId === journalId);
  }

  /** The chains behind it name it no more. */
  disown(journalId: string): void {
    for (const chain of this.#chains) if (chain.parentId === journalId) this.put({ ...chain, parentId: null });
  }

  /** Seals the current chain and begins a new one behind it. */
  mint(wallMs: number): Chain {
    const last = this.#chains.at(-1);
    if (last?.status === 'open') this.put({ ...last, status: 'sealed' });
    const journalId = newJournalId();
    const origin = { seq: 0, hash: genesisHash(journalId) };
    const chain: Chain = {
      id: last === undefined ? 1 : last.id + 1,
      journalId,
      parentId: last === undefined || last.head.seq > 0 ? (last?.journalId ?? null) : last.parentId,
      status: 'open',
      firstPosition: last === undefined ? 1 : positionOf(last, last.head.seq) + 1,
      base: origin,
      acked: origin,
      head: origin,
      openedMs: wallMs,
    };
    this.put(chain);
    return chain;
  }

  put(chain: Chain): void {
    const columns = columnsOf(chain);
    this.#put.run(...columns, rowDigest(columns));
    this.#chains = this.#chains.some(({ id }) => id === chain.id)
      ? this.#chains.map((other) => (other.id === chain.id ? chain : other))
      : [...this.#chains, chain];
  }

  /** Forgets the chains of which nothing is left: all acknowledged, all pruned. Never the current one. */
  dropSpent(): void {
    for (const chain of this.#chains.slice(0, -1)) {
      if (chain.base.seq < chain.head.seq) continue;
      this.#drop.run(chain.id);
      this.#chains = this.#chains.filter((other) => other !== chain);
    }
  }

  restore(chains: readonly Chain[]): void {
    this.#chains = chains;
  }
}

export function acknowledgedTooFar({ journalId, head }: Chain, seq: number): MeshError {
  const text = `the log acknowledged ${seq} of chain ${journalId}, which ends at ${head.seq}`;
  return new MeshError('CONFLICT', text, {
    hint: 'The journal was restored from a backup or lost its tail: mark it so.',
    details: { journalId, seq, headSeq: head.seq },
  });
}

const columnsOf = (chain: Chain) => [
  chain.id,
  chain.journalId,
  chain.parentId,
  chain.status,
  chain.firstPosition,
  chain.base.seq,
  chain.base.hash,
  chain.acked.seq,
  chain.acked.hash,
  chain.head.seq,
  chain.head.hash,
  chain.openedMs,
];

function chainOf(row: ChainRow): Chain {
  const chain: Chain = {
    id: row.id,
    journalId: row.journal_id,
    parentId: row.parent_id,
    status: row.status,
    firstPosition: row.first_position,
    base: { seq: row.base_seq, hash: row.base_hash },
    acked: { seq: row.acked_seq, hash: row.acked_hash },
    head: { seq: row.head_seq, hash: row.head_hash },
    openedMs: row.opened_ms,
  };
  if (sameHash(rowDigest(columnsOf(chain)), row.digest)) return chain;
  throw new MeshError('JOURNAL_DAMAGED', `the row of chain ${row.id} (${row.journal_id}) does not match its digest`);
}
