/**
 * Errors of one kind as one row with an exact count, kept in the transaction that stores the records, and bounded: when
 * the table is full the rest is counted in one group of its own, and a body nobody can read in another. So no error is
 * left out of the counts, and none can stop the log.
 */
import { MeshError } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import type { NewRecord } from '../record.js';
import type { Connection } from '../sqlite/database.js';

/** What one error record says about its group. */
export interface GroupKey {
  readonly fingerprint: string;
  readonly report: {
    readonly code: string;
    readonly message: string;
    readonly severity: string;
    readonly component: string;
  };
}

/** Pure; undefined for a body that is not an error. */
export type GroupOf = (body: Uint8Array, agent: string) => GroupKey | undefined;

export interface ErrorGroup {
  readonly fingerprint: string;
  readonly code: string;
  /** Of the newest record, as are severity, component, agent and machine. */
  readonly message: string;
  readonly severity: string;
  readonly component: string;
  readonly agent: string;
  readonly machine: string;
  readonly count: number;
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
  /** The newest record of the group. */
  readonly lastId: number;
  readonly status: string;
}

/** No hash of ours gives these fingerprints; they are hexadecimal, so that they can be asked for like any other. */
export const overflowGroup: GroupKey = {
  fingerprint: 'f'.repeat(16),
  report: {
    code: 'TOO_LARGE',
    message: `errors of further kinds, beyond ${limits.errorGroupsMax} groups`,
    severity: 'error',
    component: 'log',
  },
};

export const unreadableGroup: GroupKey = {
  fingerprint: '0'.repeat(16),
  report: {
    code: 'INVALID_INPUT',
    message: 'records on the stream of errors that are not error reports',
    severity: 'error',
    component: 'log',
  },
};

const groupColumns = `fingerprint, code, message, severity, component, agent, machine, count,
  first_seen AS firstSeenMs, last_seen AS lastSeenMs, last_id AS lastId, status`;

export class ErrorGroups {
  readonly #groupOf: GroupOf;
  readonly #has;
  readonly #count;
  readonly #add;
  readonly #addOccurrence;
  readonly #newest;
  readonly #byPrefix;
  readonly #occurrences;
  readonly #pruneOccurrences;

  constructor(db: Connection, groupOf: GroupOf) {
    this.#groupOf = groupOf;
    this.#has = db.prepare<[string], number>('SELECT 1 FROM error_groups WHERE fingerprint = ?').pluck();
    this.#count = db.prepare<[], number>('SELECT count(*) FROM error_groups').pluck();
    this.#add = db.prepare(
      `INSERT INTO error_groups (fingerprint, code, message, severity, component, agent, machine, count, first_seen, last_seen, last_id, status)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open')
       ON CONFLICT (fingerprint) DO UPDATE SET code = excluded.code, message = excluded.message, severity = excluded.severity,
         component = excluded.component, agent = excluded.agent, machine = excluded.machine, count = count + excluded.count,
         first_seen = min(first_seen, excluded.first_seen), last_seen = max(last_seen, excluded.last_seen), last_id = excluded.last_id`,
    );
    this.#addOccurrence = db.prepare('INSERT INTO error_occurrences (fingerprint, id) VALUES (?, ?)');
    this.#newest = db.prepare<[number], ErrorGroup>(
      `SELECT ${groupColumns} FROM error_groups ORDER BY last_id DESC LIMIT ?`,
    );
    this.#byPrefix = db.prepare<[string, string], ErrorGroup>(
      `SELECT ${groupColumns} FROM error_groups WHERE substr(fingerprint, 1, length(?)) = ? LIMIT 2`,
    );
    this.#occurrences = db
      .prepare<[string, number], number>(
        'SELECT id FROM error_occurrences WHERE fingerprint = ? ORDER BY id DESC LIMIT ?',
      )
      .pluck();
    this.#pruneOccurrences = db.prepare<[number]>('DELETE FROM error_occurrences WHERE id <= ?');
  }

  add(id: number, { agent, body, tsMs }: NewRecord, machine: string): void {
    const { fingerprint, report } = this.#roomFor(this.#keyOf(body, agent));
    const { code, message, severity, component } = report;
    this.#add.run(fingerprint, code, message, severity, component, agent, machine, 1, tsMs, tsMs, id);
    this.#addOccurrence.run(fingerprint, id);
  }

  /** The groups that were heard of last, newest first. */
  list(limit: number): ErrorGroup[] {
    return this.#newest.all(limit);
  }

  /** The one group whose fingerprint begins so. Fails with NOT_FOUND, or CONFLICT when several do. */
  find(prefix: string): ErrorGroup {
    const [group, other] = this.#byPrefix.all(prefix, prefix);
    if (group === undefined) {
      throw new MeshError('NOT_FOUND', `no error group begins with '${prefix}'`, {
        hint: 'List them with `mesh error ls`.',
      });
    }
    if (other === undefined || group.fingerprint === prefix) return group;
    throw new MeshError('CONFLICT', `several error groups begin with '${prefix}'`, {
      hint: 'Give more characters of the fingerprint.',
    });
  }

  /** Ids of the newest records of a group, newest first. */
  occurrencesOf(fingerprint: string, limit: number): number[] {
    return this.#occurrences.all(fingerprint, limit);
  }

  count(): number {
    return this.#count.get() ?? 0;
  }

  pruneOccurrences(upToId: number): void {
    this.#pruneOccurrences.run(upToId);
  }

  /** A body that makes the reader throw would stop its whole chain for ever, so it counts as unreadable. */
  #keyOf(body: Uint8Array, agent: string): GroupKey {
    try {
      return this.#groupOf(body, agent) ?? unreadableGroup;
    } catch {
      return unreadableGroup;
    }
  }

  /** The two groups of last resort always have room: there are only two. */
  #roomFor(key: GroupKey): GroupKey {
    const hasRoom =
      key === unreadableGroup || this.#has.get(key.fingerprint) === 1 || this.count() < limits.errorGroupsMax;
    return hasRoom ? key : overflowGroup;
  }
}
