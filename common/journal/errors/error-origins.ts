/**
 * Where the errors of a group came from, and which calls they failed: both bounded for each group. What comes from further
 * places is counted together, and further calls are not told apart; the group says then that it has seen more.
 */
import { limits } from '../../core/limits.js';
import type { Connection } from '../sqlite/database.js';
import type { ErrorSource } from './error-group.js';
import type { GroupTally, SourceTally } from './error-tally.js';

/** Calls that are new to a group, and whether every call is known. */
export interface TraceCount {
  readonly newCount: number;
  readonly isExact: boolean;
}

export class ErrorOrigins {
  readonly #addTo;
  readonly #put;
  readonly #countSources;
  readonly #addTrace;
  readonly #hasTrace;
  readonly #sources;
  readonly #isFrom;
  readonly #removals;

  constructor(db: Connection) {
    this.#addTo = db.prepare<[number, number, string, string, string]>(
      `UPDATE error_sources SET count = count + ?, last_seen = max(last_seen, ?)
       WHERE fingerprint = ? AND machine = ? AND agent = ?`,
    );
    this.#put = db.prepare('INSERT INTO error_sources VALUES (?, ?, ?, ?, ?)');
    this.#countSources = db
      .prepare<[string], number>('SELECT count(*) FROM error_sources WHERE fingerprint = ?')
      .pluck();
    this.#addTrace = db.prepare<[string, Uint8Array]>('INSERT OR IGNORE INTO error_traces VALUES (?, ?)');
    this.#hasTrace = db
      .prepare<[string, Uint8Array], number>('SELECT 1 FROM error_traces WHERE fingerprint = ? AND trace = ?')
      .pluck();
    this.#sources = db.prepare<[string], ErrorSource>(
      `SELECT machine, agent, count, last_seen AS lastSeenMs FROM error_sources
       WHERE fingerprint = ? ORDER BY count DESC, machine, agent`,
    );
    this.#isFrom = db
      .prepare<{ fingerprint: string; machine: string | null; agent: string | null }, number>(
        `SELECT 1 FROM error_sources WHERE fingerprint = :fingerprint
         AND (:machine IS NULL OR machine = :machine) AND (:agent IS NULL OR agent = :agent) LIMIT 1`,
      )
      .pluck();
    this.#removals = ['error_sources', 'error_traces'].map((table) =>
      db.prepare<[string]>(`DELETE FROM ${table} WHERE fingerprint = ?`),
    );
  }

  /** All that is known of the group. */
  remove(fingerprint: string): void {
    for (const removal of this.#removals) removal.run(fingerprint);
  }

  addSources(fingerprint: string, { sources }: GroupTally): void {
    for (const source of sources.values()) this.#addSource(fingerprint, source);
  }

  /** @param knownCount calls that the group has already */
  addTraces(fingerprint: string, { traces, isFolded }: GroupTally, knownCount: number): TraceCount {
    let newCount = 0;
    let isExact = !isFolded;
    for (const trace of traces) {
      const bytes = Buffer.from(trace, 'hex');
      if (knownCount + newCount < limits.errorTracesMax) newCount += this.#addTrace.run(fingerprint, bytes).changes;
      else if (this.#hasTrace.get(fingerprint, bytes) === undefined) isExact = false;
    }
    return { newCount, isExact };
  }

  /** The most errors first. */
  sourcesOf(fingerprint: string): ErrorSource[] {
    return this.#sources.all(fingerprint);
  }

  isFrom(fingerprint: string, machine: string | undefined, agent: string | undefined): boolean {
    return this.#isFrom.get({ fingerprint, machine: machine ?? null, agent: agent ?? null }) === 1;
  }

  #addSource(fingerprint: string, { machine, agent, count, lastMs }: SourceTally): void {
    if (this.#addTo.run(count, lastMs, fingerprint, machine, agent).changes > 0) return;
    if ((this.#countSources.get(fingerprint) ?? 0) < limits.errorSourcesMax) {
      this.#put.run(fingerprint, machine, agent, count, lastMs);
    } else if (this.#addTo.run(count, lastMs, fingerprint, '', '').changes === 0) {
      this.#put.run(fingerprint, '', '', count, lastMs);
    }
  }
}
