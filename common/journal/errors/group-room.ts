/**
 * Which groups make room when an error of a further kind comes and the table is full: first those that somebody has resolved,
 * then those that nobody has heard of for `limits.errorGroupSilentMs`; of both the one that main heard of longest ago, because
 * the clock of a machine may be wrong. A muted one never, while its mute lasts: that is a decision somebody relies on. Reads
 * only, within the transaction of its caller.
 */
import { limits } from '../../core/limits.js';
import type { Connection } from '../sqlite/database.js';
import { overflowGroup, unreadableGroup } from './error-group.js';

/** Rows that are read at once, beyond those that cannot go. */
const LOOKED_AT = 256;
const LASTING = [overflowGroup.fingerprint, unreadableGroup.fingerprint] as const;

export class GroupRoom {
  readonly #resolved;
  readonly #silent;
  /** Of this transaction, the first to go last; undefined when nobody has looked yet. */
  #candidates: string[] | undefined;

  constructor(db: Connection) {
    this.#resolved = db
      .prepare<[string, string, number], string>(
        `SELECT fingerprint FROM error_groups WHERE status = 'resolved' AND fingerprint NOT IN (?, ?)
         ORDER BY last_id LIMIT ?`,
      )
      .pluck();
    this.#silent = db
      .prepare<[number, string, string, number, number], string>(
        `SELECT fingerprint FROM error_groups WHERE status IN ('open', 'regressed', 'muted') AND last_seen < ?
         AND fingerprint NOT IN (?, ?) AND (status <> 'muted' OR muted_until_ms <= ?) ORDER BY last_id LIMIT ?`,
      )
      .pluck();
  }

  /**
   * The next to go; undefined when every group is still needed.
   *
   * @param isNeeded errors of it are being counted just now
   * @param neededCount how many of those there may be
   */
  next(nowMs: number, isNeeded: (fingerprint: string) => boolean, neededCount: number): string | undefined {
    this.#candidates ??= this.#look(nowMs, LOOKED_AT + neededCount);
    for (let found = this.#candidates.pop(); found !== undefined; found = this.#candidates.pop()) {
      if (!isNeeded(found)) return found;
    }
    return undefined;
  }

  /** The transaction is over: the next one looks anew. */
  forget(): void {
    this.#candidates = undefined;
  }

  #look(nowMs: number, limit: number): string[] {
    const resolved = this.#resolved.all(...LASTING, limit);
    const silentMs = nowMs - limits.errorGroupSilentMs;
    const silent = resolved.length < limit ? this.#silent.all(silentMs, ...LASTING, nowMs, limit) : [];
    return [...resolved, ...silent].reverse();
  }
}
