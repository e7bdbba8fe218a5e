/** The rows of the groups, read and written one by one or in the order in which they were heard of last. */
import { MeshError } from '../../core/errors.js';
import type { Connection } from '../sqlite/database.js';
import type { ErrorGroup } from './error-group.js';
import { errorStatuses, type Standing } from './error-standing.js';

type GroupRow = Omit<ErrorGroup, 'status' | 'impactIsExact'> & {
  readonly status: string;
  readonly impactIsExact: number;
};

const columns = `fingerprint, code, message, severity, component, agent, machine, count, first_seen AS firstSeenMs,
  last_seen AS lastSeenMs, first_id AS firstId, last_id AS lastId, status, status_ms AS statusMs, status_by AS statusBy,
  status_why AS statusWhy, muted_until_ms AS mutedUntilMs, muted_until_count AS mutedUntilCount,
  first_release AS firstRelease, last_release AS lastRelease, trace_count AS impact, traces_exact AS impactIsExact`;

export class ErrorGroupTable {
  readonly #get;
  readonly #has;
  readonly #put;
  readonly #remove;
  readonly #count;
  readonly #newest;
  readonly #byPrefix;

  constructor(db: Connection) {
    this.#get = db.prepare<[string], GroupRow>(`SELECT ${columns} FROM error_groups WHERE fingerprint = ?`);
    this.#has = db.prepare<[string], number>('SELECT 1 FROM error_groups WHERE fingerprint = ?').pluck();
    this.#put = db.prepare(
      `INSERT INTO error_groups (fingerprint, code, message, severity, component, agent, machine, count, first_seen,
         last_seen, first_id, last_id, status, status_ms, status_by, status_why, muted_until_ms, muted_until_count,
         first_release, last_release, trace_count, traces_exact)
       VALUES (:fingerprint, :code, :message, :severity, :component, :agent, :machine, :count, :firstSeenMs,
         :lastSeenMs, :firstId, :lastId, :status, :statusMs, :statusBy, :statusWhy, :mutedUntilMs, :mutedUntilCount,
         :firstRelease, :lastRelease, :impact, :impactIsExact)
       ON CONFLICT (fingerprint) DO UPDATE SET code = excluded.code, message = excluded.message,
         severity = excluded.severity, component = excluded.component, agent = excluded.agent,
         machine = excluded.machine, count = excluded.count, first_seen = excluded.first_seen,
         last_seen = excluded.last_seen, last_id = excluded.last_id, status = excluded.status,
         status_ms = excluded.status_ms, status_by = excluded.status_by, status_why = excluded.status_why,
         muted_until_ms = excluded.muted_until_ms, muted_until_count = excluded.muted_until_count,
         first_release = excluded.first_release, last_release = excluded.last_release,
         trace_count = excluded.trace_count, traces_exact = excluded.traces_exact`,
    );
    this.#remove = db.prepare<[string]>('DELETE FROM error_groups WHERE fingerprint = ?');
    this.#count = db.prepare<[], number>('SELECT count(*) FROM error_groups').pluck();
    this.#newest = db.prepare<[number], GroupRow>(
      `SELECT ${columns} FROM error_groups WHERE last_seen >= ? ORDER BY last_id DESC`,
    );
    this.#byPrefix = db.prepare<[string, string], GroupRow>(
      `SELECT ${columns} FROM error_groups WHERE fingerprint >= ? AND fingerprint < ? LIMIT 2`,
    );
  }

  get(fingerprint: string): ErrorGroup | undefined {
    const row = this.#get.get(fingerprint);
    return row === undefined ? undefined : groupOf(row);
  }

  has(fingerprint: string): boolean {
    return this.#has.get(fingerprint) === 1;
  }

  put(group: ErrorGroup): void {
    this.#put.run({ ...group, impactIsExact: group.impactIsExact ? 1 : 0 });
  }

  remove(fingerprint: string): void {
    this.#remove.run(fingerprint);
  }

  count(): number {
    return this.#count.get() ?? 0;
  }

  /** Those that were heard of since then, the latest first. Whoever stops early ends the reading. */
  *newest(sinceMs: number): Iterable<ErrorGroup> {
    for (const row of this.#newest.iterate(sinceMs)) yield groupOf(row);
  }

  /** The one group whose fingerprint begins so. Fails with NOT_FOUND, or CONFLICT when several do. */
  find(prefix: string): ErrorGroup {
    const [group, other] = this.#byPrefix.all(prefix, `${prefix}\u{7f}`);
    if (group === undefined) {
      throw new MeshError('NOT_FOUND', `no error group begins with '${prefix}'`, {
        hint: 'List them with `mesh error ls`.',
      });
    }
    if (other === undefined || group.fingerprint === prefix) return groupOf(group);
    throw new MeshError('CONFLICT', `several error groups begin with '${prefix}'`, {
      hint: 'Give more characters of the fingerprint.',
    });
  }
}

/** A status of a later version counts as open: it is seen rather than hidden. */
const groupOf = (row: GroupRow): ErrorGroup => ({
  ...row,
  status: errorStatuses.find((status) => status === row.status) ?? 'open',
  impactIsExact: row.impactIsExact === 1,
});

export const standingOf = (group: ErrorGroup): Standing => ({
  status: group.status,
  sinceMs: group.statusMs,
  by: group.statusBy,
  why: group.statusWhy,
  untilMs: group.mutedUntilMs,
  untilCount: group.mutedUntilCount,
});

export const withStanding = (group: ErrorGroup, standing: Standing): ErrorGroup => ({
  ...group,
  status: standing.status,
  statusMs: standing.sinceMs,
  statusBy: standing.by,
  statusWhy: standing.why,
  mutedUntilMs: standing.untilMs,
  mutedUntilCount: standing.untilCount,
});
