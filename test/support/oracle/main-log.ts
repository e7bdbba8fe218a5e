/**
 * Main's log as it lies on the disk, read past the mesh: with SQLite and MessagePack alone, so that no fault of the mesh
 * can hide itself. Opened read-only; the log may be written meanwhile.
 */
import { existsSync } from 'node:fs';
import Database from 'better-sqlite3';
import { unpack } from 'msgpackr';

export interface StoredReport {
  readonly journalId: string;
  readonly seq: number;
  readonly machine: string;
  readonly agent: string;
  readonly code: string;
  readonly message: string;
  readonly context: Readonly<Record<string, unknown>>;
  readonly stack: string;
  /** Occurrences that it stands for. */
  readonly count: number;
}

interface Row {
  readonly journalId: string;
  readonly machine: string;
  readonly agent: string;
  readonly seq: number;
  readonly body: Buffer;
}

const QUERY = `SELECT journal_id AS journalId, machine, agent, seq, body FROM records
  JOIN journals ON journals.id = records.journal WHERE stream = 'errors' ORDER BY records.id`;

/** All errors, in main's order. */
export function storedErrors(file: string): StoredReport[] {
  return withLog(file, [], (db) =>
    db
      .prepare<[], Row>(QUERY)
      .all()
      .map(({ body, ...row }) => ({ ...row, ...reportIn(body) })),
  );
}

/** The texts of one stream, in main's order: what `judge` wants to see. */
export function storedTexts(file: string, stream: string): { journalId: string; seq: number; text: string }[] {
  const query = `SELECT journal_id AS journalId, seq, body FROM records
    JOIN journals ON journals.id = records.journal WHERE stream = ? ORDER BY records.id`;
  return withLog(file, [], (db) =>
    db
      .prepare<[string], Pick<Row, 'journalId' | 'seq' | 'body'>>(query)
      .all(stream)
      .map(({ journalId, seq, body }) => ({ journalId, seq, text: String(unpack(body).text) })),
  );
}

/** One step of an agent's life, as its node recorded it. */
export interface StoredStep {
  readonly machine: string;
  readonly agent: string;
  readonly from: string;
  readonly to: string;
  readonly event: string;
  readonly why: string;
  readonly pid: number;
  readonly epoch: number;
}

/** All steps of all agents, in main's order. */
export function storedSteps(file: string): StoredStep[] {
  const query = `SELECT machine, body FROM records
    JOIN journals ON journals.id = records.journal WHERE stream = 'lifecycle' ORDER BY records.id`;
  return withLog(file, [], (db) =>
    db
      .prepare<[], Pick<Row, 'machine' | 'body'>>(query)
      .all()
      .map(({ machine, body }) => ({ ...unpack(body), machine })),
  );
}

/** How many records main has taken, of all streams, without reading them: it may be asked often. */
export function takenCount(file: string): number {
  const last = 'SELECT max(id) FROM records';
  return withLog(file, 0, (db) => db.prepare<[], number | null>(last).pluck().get() ?? 0);
}

/** Places in journals whose records their machine lost. */
export function storedHoles(file: string): { journalId: string; seq: number; reason: string }[] {
  const query =
    'SELECT journal_id AS journalId, seq, reason FROM holes JOIN journals ON journals.id = holes.journal ORDER BY seq';
  return withLog(file, [], (db) => db.prepare<[], { journalId: string; seq: number; reason: string }>(query).all());
}

function withLog<T>(file: string, none: T, work: (db: Database.Database) => T): T {
  if (!existsSync(file)) return none;
  const db = new Database(file, { readonly: true });
  try {
    return work(db);
  } finally {
    db.close();
  }
}

function reportIn(body: Buffer): Pick<StoredReport, 'code' | 'message' | 'context' | 'stack' | 'count'> {
  const { code = '', message = '', context = {}, stack = '', count = 1 } = unpack(body);
  return { code, message, context, stack, count };
}
