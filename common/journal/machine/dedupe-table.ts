/**
 * Records that bear a key of their emitter's choice: of those with one stream and key a journal stores the first, whoever
 * sends the others. A row is written in the transaction of its record, so one is never there without the other.
 *
 * It remembers for `limits.dedupeKeptMs`, and `limits.dedupeKeysKept` of them: whatever is older is a new record again. The
 * oldest rows go as new ones come, in bounded steps. A batch without such a key never gets here.
 */
import { MeshError } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import { contentHash, isRecordKey, type NewRecord, rowDigest, sameHash } from '../record.js';
import type { Connection } from '../sqlite/database.js';
import { type Outcome, refused, succeeded } from '../sqlite/outcome.js';
import type { Receipt, Repeated } from './producer-table.js';

/** The keys of a batch, in the order of its records; empty for one without. */
export interface DedupeKeys {
  readonly keys: readonly string[];
  readonly wallMs: number;
}

/** What is to be stored of a batch, and what was stored before. */
export interface DedupePlan {
  readonly fresh: readonly NewRecord[];
  readonly entries: readonly Entry[];
  readonly repeats: readonly Repeat[];
  readonly wallMs: number;
}

/** A key that is new. `at`: its record among those that are to be stored. */
interface Entry {
  readonly stream: string;
  readonly key: string;
  readonly content: Uint8Array;
  readonly at: number;
}

interface Repeat {
  readonly index: number;
  readonly first: Known;
}

/** The first record with a key: one that is to be stored now, or one that was. */
type Known = { readonly content: Uint8Array } & (
  | { readonly at: number }
  | { readonly journalId: string; readonly seq: number; readonly hash: Uint8Array }
);

interface DedupeRow {
  readonly content: Uint8Array;
  readonly journalId: string;
  readonly seq: number;
  readonly hash: Uint8Array;
  readonly storedMs: number;
  readonly digest: Uint8Array;
}

const NO_HASH = new Uint8Array();

export class DedupeTable {
  readonly #get;
  readonly #put;
  readonly #trim;

  constructor(db: Connection) {
    this.#get = db.prepare<[string, string, number], DedupeRow>(
      `SELECT content, journal_id AS journalId, seq, hash, stored_ms AS storedMs, digest FROM dedupe_keys
       WHERE stream = ? AND dedupe_key = ? AND stored_ms > ?`,
    );
    this.#put = db.prepare(
      `REPLACE INTO dedupe_keys (stream, dedupe_key, content, journal_id, seq, hash, stored_ms, digest)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#trim = db.prepare<{ step: number; keep: number; sinceMs: number }>(
      `DELETE FROM dedupe_keys WHERE turn IN (
         SELECT turn FROM (SELECT turn, stored_ms FROM dedupe_keys ORDER BY turn LIMIT :step)
         WHERE turn <= (SELECT max(turn) FROM dedupe_keys) - :keep OR stored_ms <= :sinceMs)`,
    );
  }

  /** Writes nothing. Refused with CONFLICT for a key under which something else is stored, INVALID_INPUT, JOURNAL_DAMAGED. */
  plan(records: readonly NewRecord[], { keys, wallMs }: DedupeKeys): Outcome<DedupePlan> {
    const plan = { fresh: [] as NewRecord[], entries: [] as Entry[], repeats: [] as Repeat[], wallMs };
    const inBatch = new Map<string, Known>();
    for (const [index, record] of records.entries()) {
      const { stream } = record;
      const key = keys[index] ?? '';
      if (key === '') {
        plan.fresh.push(record);
        continue;
      }
      if (!isRecordKey(key)) return refused(unsound(stream));
      // No name of a stream has a space.
      const name = `${stream} ${key}`;
      const known = inBatch.get(name) ?? this.#find(stream, key, wallMs);
      if (known instanceof MeshError) return refused(known);
      const content = contentHash(record);
      if (known === undefined) {
        const at = plan.fresh.push(record) - 1;
        plan.entries.push({ stream, key, content, at });
        inBatch.set(name, { content, at });
      } else if (sameHash(known.content, content)) plan.repeats.push({ index, first: known });
      else return refused(otherContent(stream, key, known));
    }
    return succeeded(plan);
  }

  /** What `plan` found new is stored, as the receipt says: remembers its keys. Answers where the others are as well. */
  put({ entries, repeats, wallMs }: DedupePlan, stored: Receipt): Receipt {
    const { journalId, firstSeq, hashes } = stored;
    const placeAt = (at: number) => ({ journalId, seq: firstSeq + at, hash: hashes[at] ?? NO_HASH });
    for (const { stream, key, content, at } of entries) {
      const { seq, hash } = placeAt(at);
      const columns = [stream, key, content, journalId, seq, hash, wallMs];
      this.#put.run(...columns, rowDigest(columns));
    }
    // Twice as many go as came, so what is too old does not stay because there is so much of it.
    const step = 2 * entries.length;
    if (step > 0) this.#trim.run({ step, keep: limits.dedupeKeysKept, sinceMs: wallMs - limits.dedupeKeptMs });
    if (repeats.length === 0) return stored;
    const known = repeats.map(({ index, first }): Repeated => {
      const { journalId: id, seq, hash } = 'at' in first ? placeAt(first.at) : first;
      return { index, journalId: id, seq, hash };
    });
    return { ...stored, repeats: known };
  }

  #find(stream: string, key: string, wallMs: number): Known | MeshError | undefined {
    const row = this.#get.get(stream, key, wallMs - limits.dedupeKeptMs);
    if (row === undefined) return undefined;
    const { content, journalId, seq, hash, storedMs, digest } = row;
    if (sameHash(rowDigest([stream, key, content, journalId, seq, hash, storedMs]), digest)) return row;
    return new MeshError(
      'JOURNAL_DAMAGED',
      `what is known of dedupeKey '${key}' in ${stream} does not match its digest`,
      {
        hint: 'See in the stream whether the record is there; if it is not, emit it under another key.',
        details: { stream, dedupeKey: key },
      },
    );
  }
}

const unsound = (stream: string): MeshError =>
  new MeshError(
    'INVALID_INPUT',
    `a record of ${stream} has a dedupeKey that is no text of 1 to ${limits.recordKeyLengthMax} characters`,
    {
      hint: 'Control characters are refused.',
    },
  );

function otherContent(stream: string, dedupeKey: string, first: Known): MeshError {
  const where = 'at' in first ? 'by another record of its batch' : `as ${first.seq} of journal ${first.journalId}`;
  const place = 'at' in first ? {} : { journalId: first.journalId, seq: first.seq };
  return new MeshError(
    'CONFLICT',
    `dedupeKey '${dedupeKey}' of ${stream} is taken ${where}, with another body or key`,
    {
      hint: 'A repeat has the body and the key of the first time; something new has a dedupeKey of its own.',
      details: { stream, dedupeKey, ...place },
    },
  );
}
