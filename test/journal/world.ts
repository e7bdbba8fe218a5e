/** What the tests of the journal share: a folder that goes away, stores that are closed with it, records to put in. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { type ErrorCode, MeshError } from '../../common/core/errors.js';
import { LogStore } from '../../common/journal/log/log-store.js';
import type { LogStoreOptions } from '../../common/journal/log/log-types.js';
import { JournalStore } from '../../common/journal/machine/journal-store.js';
import type { AppendBatch, Appended, JournalFinding } from '../../common/journal/machine/journal-types.js';
import { type ChainEntry, chainHash, genesisHash, type NewRecord } from '../../common/journal/record.js';
import type { Outcome } from '../../common/journal/sqlite/outcome.js';

export const bounds = { limit: 1_000, bytesMax: 1_000_000 };

export function recordOf(text: string, stream = 'metrics', agent = 'echo'): NewRecord {
  return { stream, tsMs: 1_700_000_000_000, agent, epoch: 7, body: Buffer.from(text), trace: '', ref: '', key: '' };
}

export const recordsOf = (count: number, prefix = 'r'): NewRecord[] =>
  Array.from({ length: count }, (_, index) => recordOf(`${prefix}${index + 1}`));

export const textOf = (entry: ChainEntry | NewRecord): string =>
  'body' in entry ? Buffer.from(entry.body).toString() : `hole ${entry.seq}`;

/** The value of an outcome; its error is thrown. */
export function answerOf<T>(outcome: Outcome<T> | undefined): T {
  if (outcome === undefined) throw new Error('there is no outcome');
  if (!outcome.ok) throw outcome.error;
  return outcome.value;
}

export function failureOf(work: () => unknown): MeshError {
  try {
    work();
  } catch (thrown) {
    if (thrown instanceof MeshError) return thrown;
    throw thrown;
  }
  throw new Error('it did not fail');
}

export async function failureOfPromise(promise: Promise<unknown>): Promise<MeshError> {
  const settled = await promise.then(
    () => undefined,
    (thrown) => thrown,
  );
  return failureOf(() => {
    if (settled !== undefined) throw settled;
  });
}

export const codeOf = (outcome: Outcome<unknown> | undefined): ErrorCode | undefined =>
  outcome?.ok === false ? outcome.error.code : undefined;

export class World {
  readonly folder = mkdtempSync(join(tmpdir(), 'mesh-journal-'));
  readonly #closers: (() => void)[] = [];

  path(name: string): string {
    return join(this.folder, name);
  }

  journal(name = 'journal.db', wallMs = 1_000): { store: JournalStore; findings: JournalFinding[] } {
    const opened = JournalStore.open({ file: this.path(name), machine: 'pc2', wallMs });
    this.#closers.push(() => opened.store.close());
    return opened;
  }

  log(options: Partial<LogStoreOptions> = {}): LogStore {
    const { store } = LogStore.open({
      file: this.path('mesh.db'),
      wallMs: 1_000,
      errorStream: 'errors',
      groupOf: () => undefined,
      ...options,
    });
    this.#closers.push(() => store.close());
    return store;
  }

  /** Runs before the folder goes away, after what was opened later. */
  finally(close: () => void): void {
    this.#closers.push(close);
  }

  /** A second connection, for what only a test may do to a file. */
  edit(name: string, work: (db: Database.Database) => void): void {
    const db = new Database(this.path(name));
    try {
      work(db);
    } finally {
      db.close();
    }
  }

  remove(): void {
    for (const close of this.#closers.reverse()) close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A fresh world for each test of the suite that calls this. */
export function useWorld(): () => World {
  let world: World | undefined;
  beforeEach(() => {
    world = new World();
  });
  afterEach(() => world?.remove());
  return () => {
    if (world === undefined) throw new Error('there is no world outside of a test');
    return world;
  };
}

export function append(store: JournalStore, batch: AppendBatch): Appended {
  return answerOf(store.appendBatches([batch])[0]);
}

/** Everything that is pending, as the forwarder would read it. */
export function pendingOf(store: JournalStore): { journalId: string; entries: ChainEntry[] }[] {
  const runs: { journalId: string; entries: ChainEntry[] }[] = [];
  for (let run = store.readUnacked(bounds); run !== undefined; ) {
    runs.push({ journalId: run.journalId, entries: [...run.entries] });
    const last = run.entries.at(-1);
    if (last === undefined) throw new Error('a run is never empty');
    run = store.readUnacked({ ...bounds, after: { journalId: run.journalId, seq: last.seq, hash: last.hash } });
  }
  return runs;
}

/** Sends everything that is pending to the log as the forwarder would: hello first, acknowledge last. */
export function forward(store: JournalStore, log: LogStore): void {
  for (let run = store.readUnacked(bounds); run !== undefined; run = store.readUnacked(bounds)) {
    const { journalId, previous, entries } = run;
    const chain = store.status().chains.find((candidate) => candidate.journalId === journalId);
    if (log.hello({ journalId, machine: 'pc2' }).headSeq > (chain?.headSeq ?? 0)) store.markLostTail({ journalId });
    else {
      const [outcome] = log.appendBatches([{ journalId, machine: 'pc2', previousHash: previous.hash, entries }]);
      store.acknowledge({ journalId, seq: answerOf(outcome).headSeq });
    }
  }
}

/** The entries of a chain, as its journal would send them. */
export function chainOf(journalId: string, records: readonly NewRecord[]): ChainEntry[] {
  let hash = genesisHash(journalId);
  return records.map((record, index) => {
    hash = chainHash(hash, index + 1, record);
    return { kind: 'record', ...record, seq: index + 1, hash };
  });
}

export const send = (log: LogStore, entries: readonly ChainEntry[], journalId = 'j1', machine = 'pc2') =>
  log.appendBatches([{ journalId, machine, entries }])[0];
