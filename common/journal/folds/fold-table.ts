/**
 * The book of folds as tables of a machine's journal. All of it changes in the transaction of its caller and nothing is
 * kept in memory, so a transaction that fails leaves no trace. What was counted is proved by digests: a damaged row is told
 * as that, never as a count.
 */
import { hash } from 'node:crypto';
import { rowDigest, sameHash } from '../record.js';
import type { Connection } from '../sqlite/database.js';
import type { Fold, FoldBook } from './fold-book.js';
import type { KindState } from './fold-rule.js';

/** The first of the reports that were counted. */
export interface FoldBody {
  readonly bytes: Uint8Array;
  readonly trace: string;
  /** Why it cannot be told as it was; empty when it can. */
  readonly damage: string;
}

/** A record: where it is, and under which hash. */
export interface Place {
  readonly journalId: string;
  readonly seq: number;
  readonly hash: Uint8Array;
}

/** Where a report is told: in a record of its own, or, when it was counted, the last record of its kind so far. */
export interface ReportPlace extends Place {
  readonly isFolded: boolean;
}

interface FoldRow {
  readonly kind: string;
  readonly agent: string;
  readonly epoch: number;
  readonly count: number;
  readonly first_ms: number;
  readonly last_ms: number;
  readonly trace: string;
  readonly body_hash: Uint8Array;
  readonly digest: Uint8Array;
}

const stateColumns = 'tokens, filled_ms AS filledMs, step, due_ms AS dueMs';

export class FoldTable implements FoldBook<FoldBody> {
  readonly #sql;

  constructor(db: Connection) {
    this.#sql = statementsOf(db);
  }

  kind(kind: string): KindState | undefined {
    return this.#sql.kind.get(kind);
  }

  addKind(kind: string, account: string, { tokens, filledMs, step, dueMs }: KindState): void {
    this.#sql.addKind.run(kind, account, tokens, filledMs, step, dueMs);
  }

  setKind(kind: string, { tokens, filledMs, step, dueMs }: KindState): void {
    this.#sql.setKind.run(tokens, filledMs, step, dueMs, kind);
  }

  kindCount(account?: string): number {
    return (account === undefined ? this.#sql.allKinds.get() : this.#sql.kindsOf.get(account)) ?? 0;
  }

  forgetQuiet(nowMs: number): void {
    this.#sql.forgetQuiet.run(nowMs);
  }

  dueKinds(untilMs: number, limit: number): { kind: string; state: KindState }[] {
    return this.#sql.due.all(untilMs, limit).map(({ kind, ...state }) => ({ kind, state }));
  }

  hasFold(kind: string, agent: string): boolean {
    return this.#sql.fold.get(kind, agent) !== undefined;
  }

  foldCount(): number {
    return this.#sql.foldCount.get() ?? 0;
  }

  count({ kind, agent, epoch, count, firstMs, lastMs, body }: Fold<FoldBody>): void {
    const row = this.#sql.fold.get(kind, agent);
    if (row === undefined) {
      this.#sql.addBody.run(kind, agent, body.bytes);
      const bodyHash = hash('sha256', body.bytes, 'buffer');
      return this.#put([kind, agent, epoch, count, firstMs, lastMs, body.trace, bodyHash]);
    }
    const first = Math.min(row.first_ms, firstMs);
    const last = Math.max(row.last_ms, lastMs);
    // A damaged count stays damaged whatever is added to it: a new digest would hide that.
    const digest = isSound(row) ? undefined : row.digest;
    this.#put([kind, agent, epoch, row.count + count, first, last, row.trace, row.body_hash], digest);
  }

  takeFolds(kind: string): Fold<FoldBody>[] {
    const folds = this.#sql.folds.all(kind).map((row) => foldOf(row, this.#sql.body.get(kind, row.agent)));
    if (folds.length > 0) {
      this.#sql.removeFolds.run(kind);
      this.#sql.removeBodies.run(kind);
    }
    return folds;
  }

  /** When something is due; undefined when nothing was reported lately. */
  nextDueMs(): number | undefined {
    return this.#sql.nextDue.get() ?? undefined;
  }

  /** The kinds of which something is counted. */
  kindsWithFolds(limit: number): string[] {
    return this.#sql.kindsWithFolds.all(limit);
  }

  forgetKinds(): void {
    this.#sql.forgetKinds.run();
  }

  setPlace(kind: string, { journalId, seq, hash: recordHash }: Place): void {
    this.#sql.setPlace.run(journalId, seq, recordHash, kind);
  }

  /** The record of the kind that was stored last. */
  place(kind: string): Place | undefined {
    return this.#sql.place.get(kind);
  }

  #put(columns: Parameters<typeof rowDigest>[0], digest = rowDigest(columns)): void {
    this.#sql.putFold.run(...columns, digest);
  }
}

const isSound = ({ kind, agent, epoch, count, first_ms, last_ms, trace, body_hash, digest }: FoldRow): boolean =>
  sameHash(rowDigest([kind, agent, epoch, count, first_ms, last_ms, trace, body_hash]), digest);

function foldOf(row: FoldRow, body: unknown): Fold<FoldBody> {
  const { kind, agent, epoch, count, first_ms: firstMs, last_ms: lastMs, trace } = row;
  const bytes = body instanceof Uint8Array ? body : new Uint8Array();
  const isBodySound = sameHash(hash('sha256', bytes, 'buffer'), row.body_hash);
  const damage = isSound(row) ? (isBodySound ? '' : 'what is kept of the first of them') : 'their number';
  return { kind, agent, epoch, count, firstMs, lastMs, body: { bytes, trace, damage } };
}

function statementsOf(db: Connection) {
  return {
    kind: db.prepare<[string], KindState>(`SELECT ${stateColumns} FROM fold_kinds WHERE kind = ?`),
    addKind: db.prepare(
      'INSERT INTO fold_kinds (kind, account, tokens, filled_ms, step, due_ms) VALUES (?, ?, ?, ?, ?, ?)',
    ),
    setKind: db.prepare('UPDATE fold_kinds SET tokens = ?, filled_ms = ?, step = ?, due_ms = ? WHERE kind = ?'),
    allKinds: db.prepare<[], number>('SELECT count(*) FROM fold_kinds').pluck(),
    kindsOf: db.prepare<[string], number>('SELECT count(*) FROM fold_kinds WHERE account = ?').pluck(),
    forgetQuiet: db.prepare<[number]>('DELETE FROM fold_kinds WHERE step = 0 AND due_ms <= ?'),
    forgetKinds: db.prepare('DELETE FROM fold_kinds'),
    due: db.prepare<[number, number], KindState & { kind: string }>(
      `SELECT kind, ${stateColumns} FROM fold_kinds WHERE step > 0 AND due_ms <= ? ORDER BY due_ms LIMIT ?`,
    ),
    nextDue: db
      .prepare<[], number | null>(
        `SELECT min(due) FROM (SELECT min(due_ms) AS due FROM fold_kinds WHERE step = 0
         UNION ALL SELECT min(due_ms) FROM fold_kinds WHERE step > 0)`,
      )
      .pluck(),
    setPlace: db.prepare('UPDATE fold_kinds SET journal_id = ?, seq = ?, hash = ? WHERE kind = ?'),
    place: db.prepare<[string], Place>('SELECT journal_id AS journalId, seq, hash FROM fold_kinds WHERE kind = ?'),
    fold: db.prepare<[string, string], FoldRow>('SELECT * FROM folds WHERE kind = ? AND agent = ?'),
    folds: db.prepare<[string], FoldRow>('SELECT * FROM folds WHERE kind = ?'),
    foldCount: db.prepare<[], number>('SELECT count(*) FROM folds').pluck(),
    kindsWithFolds: db.prepare<[number], string>('SELECT DISTINCT kind FROM folds LIMIT ?').pluck(),
    putFold: db.prepare('REPLACE INTO folds VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)'),
    removeFolds: db.prepare<[string]>('DELETE FROM folds WHERE kind = ?'),
    addBody: db.prepare('REPLACE INTO fold_bodies VALUES (?, ?, ?)'),
    body: db.prepare<[string, string], unknown>('SELECT body FROM fold_bodies WHERE kind = ? AND agent = ?').pluck(),
    removeBodies: db.prepare<[string]>('DELETE FROM fold_bodies WHERE kind = ?'),
  };
}
