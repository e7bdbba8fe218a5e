/**
 * What a node knows of its processes, in a file that outlives it: one row per process, replaced at every change, never
 * taken out because of a crash.
 *
 * P1. `put` is one transaction: a row is the old one or the new one, whatever is killed.
 * P2. It outlives the node, not a power cut: then every process is gone anyway, and what a row may lack is one change.
 * P3. Synchronous, in the node's own thread: some hundred rows of some hundred bytes, and a commit without a sync costs
 *     some tens of microseconds. So a row is on disk before anybody is told of the change; a worker could not promise that.
 * P4. A file that cannot be read, or that holds what nobody wrote, is put aside and begun anew, and the caller is told.
 */

import { MeshError, messageOf } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import { AgentEntry, Name } from '../../protocol/registry-entry.js';
import { compile } from '../../protocol/schema.js';
import { type Static, Type } from '../../protocol/type.js';
import { type Connection, closeDatabase, openDatabase, type Quarantined } from '../sqlite/database.js';
import { storeError } from '../sqlite/sqlite-error.js';
import { processMigrations } from './process-schema.js';

const { state, epoch, sinceMs, version, capabilities, actions, control, ipc, idempotent, pid } = AgentEntry.properties;
const Count = Type.Integer({ minimum: 0 });
const Text = Type.String({ maxLength: limits.errorTextMax });

const ProcessRecord = Type.Object(
  {
    agent: Name,
    /** False: somebody stopped it, and it stays down. */
    wanted: Type.Boolean(),
    state,
    sinceMs,
    why: Text,
    epoch,
    /** 0 while none runs. */
    pid,
    startTicks: Count,
    bootId: Type.String({ maxLength: 64 }),
    /** Of the last incarnation; wall time. */
    startedMs: sinceMs,
    restarts: Count,
    crashes: Count,
    /** Wall times, oldest first. */
    starts: Type.Array(sinceMs, { maxItems: limits.restartStartsMax + 1 }),
    /** Empty before the first. */
    lastExit: Text,
    /** Of the plan that the last incarnation was started with. */
    planHash: Type.String({ maxLength: limits.nameLengthMax }),
    attachment: Type.Object(
      { control, version, capabilities, actions, ipc, idempotent },
      { additionalProperties: false },
    ),
  },
  { additionalProperties: false },
);
export type ProcessRecord = Static<typeof ProcessRecord>;

const validator = compile<ProcessRecord>(ProcessRecord);

interface Row {
  agent: string;
  wanted: number;
  state: string;
  since_ms: number;
  why: string;
  epoch: number;
  pid: number;
  start_ticks: number;
  boot_id: string;
  started_ms: number;
  restarts: number;
  crashes: number;
  starts: string;
  last_exit: string;
  plan_hash: string;
  attachment: string;
}

export class ProcessStore {
  readonly #put;
  readonly #remove;
  readonly #all;

  /** Fails with JOURNAL_FAILED, CONFLICT (a newer schema), CONFIG_INVALID (network filesystem). */
  static open(options: { file: string; wallMs: number }): { store: ProcessStore; findings: Quarantined[] } {
    const opened = openDatabase({ ...options, migrations: processMigrations, outlives: 'crash' }, (db) => {
      const store = new ProcessStore(db, options.file);
      store.all(); // what cannot be read is found now, while the file can still be put aside
      return store;
    });
    return { store: opened.value, findings: opened.findings };
  }

  private constructor(
    private readonly db: Connection,
    private readonly file: string,
  ) {
    this.#put = db.prepare<Row>(
      `REPLACE INTO processes VALUES (:agent, :wanted, :state, :since_ms, :why, :epoch, :pid, :start_ticks, :boot_id,
        :started_ms, :restarts, :crashes, :starts, :last_exit, :plan_hash, :attachment)`,
    );
    this.#remove = db.prepare<[string]>('DELETE FROM processes WHERE agent = ?');
    this.#all = db.prepare<[], Row>('SELECT * FROM processes ORDER BY agent');
  }

  /** By name. Fails with JOURNAL_DAMAGED when a row is not one that `put` wrote. */
  all(): ProcessRecord[] {
    return this.#guard(() => this.#all.all().map((row) => this.#recordOf(row)));
  }

  /** All of them or none. Fails with JOURNAL_FAILED; then nothing was written. */
  put(records: readonly ProcessRecord[]): void {
    const rows = records.map(rowOf);
    const write = this.db.transaction(() => {
      for (const row of rows) this.#put.run(row);
    });
    this.#guard(() => write.immediate());
  }

  /** Fails with JOURNAL_FAILED. */
  remove(agent: string): void {
    this.#guard(() => this.#remove.run(agent));
  }

  close(): void {
    closeDatabase(this.db);
  }

  #recordOf(row: Row): ProcessRecord {
    try {
      return validator.assert(recordOf(row), 'it');
    } catch (error) {
      const what = `${this.file}: the row of ${row.agent} is not one that was written`;
      throw new MeshError('JOURNAL_DAMAGED', `${what}: ${messageOf(error)}`, { cause: error });
    }
  }

  #guard<T>(work: () => T): T {
    try {
      return work();
    } catch (thrown) {
      throw storeError(thrown, this.file);
    }
  }
}

const rowOf = (record: ProcessRecord): Row => ({
  agent: record.agent,
  wanted: record.wanted ? 1 : 0,
  state: record.state,
  since_ms: record.sinceMs,
  why: record.why,
  epoch: record.epoch,
  pid: record.pid,
  start_ticks: record.startTicks,
  boot_id: record.bootId,
  started_ms: record.startedMs,
  restarts: record.restarts,
  crashes: record.crashes,
  starts: JSON.stringify(record.starts),
  last_exit: record.lastExit,
  plan_hash: record.planHash,
  attachment: JSON.stringify(record.attachment),
});

/** @throws SyntaxError */
const recordOf = (row: Row): unknown => ({
  agent: row.agent,
  wanted: row.wanted === 1,
  state: row.state,
  sinceMs: row.since_ms,
  why: row.why,
  epoch: row.epoch,
  pid: row.pid,
  startTicks: row.start_ticks,
  bootId: row.boot_id,
  startedMs: row.started_ms,
  restarts: row.restarts,
  crashes: row.crashes,
  starts: JSON.parse(row.starts),
  lastExit: row.last_exit,
  planHash: row.plan_hash,
  attachment: JSON.parse(row.attachment),
});
