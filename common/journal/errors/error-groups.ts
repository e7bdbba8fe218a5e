/**
 * Errors of one kind as one row with an exact count, kept in the transaction that stores the records, and bounded: when
 * the table is full what is settled or long silent makes room, and where nothing is, the rest is counted in one group of
 * its own; so is a body nobody can read in another. So no error is left out of the counts, and none can stop the log.
 *
 * G1  `add` counts in memory; `write` must follow before the commit, and `forget` when there is none.
 * G2  A change of how a group stands is handed to the caller, who stores it as a record in the same transaction; so is the
 *     last that is known of a group that made room.
 */
import type { Clock } from '../../core/clock.js';
import { limits } from '../../core/limits.js';
import type { NewRecord } from '../record.js';
import type { Connection } from '../sqlite/database.js';
import {
  type ErrorGroup,
  type ErrorSource,
  type GroupKey,
  type GroupOf,
  overflowGroup,
  unreadableGroup,
} from './error-group.js';
import { ErrorGroupTable, standingOf, withStanding } from './error-group-table.js';
import { ErrorOrigins } from './error-origins.js';
import { firstStanding, MESH, type StandingEvent, type StandingRequest, stepStanding } from './error-standing.js';
import { ErrorTally, type GroupTally } from './error-tally.js';
import { GroupRoom } from './group-room.js';

/** A group that stands differently now. */
export interface StandingChange {
  readonly from: ErrorGroup['status'];
  readonly group: ErrorGroup;
  /** It made room for another, and stands nowhere any more. */
  readonly isForgotten?: boolean;
}

export interface ErrorGroupFilter {
  readonly machine?: string | undefined;
  readonly agent?: string | undefined;
  readonly sinceMs?: number | undefined;
  /** Whether and as what a group is listed: the rest of what is asked for. */
  readonly shown?: (group: ErrorGroup) => ErrorGroup | undefined;
}

export class ErrorGroups {
  readonly #groupOf: GroupOf;
  readonly #clock: Clock;
  readonly #table: ErrorGroupTable;
  readonly #origins: ErrorOrigins;
  readonly #room: GroupRoom;
  readonly #tally = new ErrorTally();
  readonly #addOccurrence;
  readonly #occurrences;
  readonly #pruneOccurrences;
  /** Of the table; undefined when it has to be counted. */
  #tableCount: number | undefined;
  /** Groups of the tally that are not in the table. */
  #newCount = 0;
  /** Those that made room in this transaction. */
  #forgotten: StandingChange[] = [];

  constructor(db: Connection, groupOf: GroupOf, clock: Clock) {
    this.#groupOf = groupOf;
    this.#clock = clock;
    this.#table = new ErrorGroupTable(db);
    this.#origins = new ErrorOrigins(db);
    this.#room = new GroupRoom(db);
    this.#addOccurrence = db.prepare('INSERT INTO error_occurrences (fingerprint, id) VALUES (?, ?)');
    this.#occurrences = db
      .prepare<[string, number], number>(
        'SELECT id FROM error_occurrences WHERE fingerprint = ? ORDER BY id DESC LIMIT ?',
      )
      .pluck();
    this.#pruneOccurrences = db.prepare<[number]>('DELETE FROM error_occurrences WHERE id <= ?');
  }

  add(id: number, record: NewRecord, machine: string): void {
    const key = this.#roomFor(this.#keyOf(record));
    this.#addOccurrence.run(key.fingerprint, id);
    this.#tally.add(key, id, record, machine);
  }

  /** Writes what was added; answers the groups that stand differently by it. */
  write(): StandingChange[] {
    if (this.#tally.size === 0) return [];
    const nowMs = this.#clock.wallMs();
    const changes = this.#forgotten;
    for (const tally of this.#tally.groups()) changes.push(...this.#write(tally, nowMs));
    this.forget();
    this.#tableCount = this.count();
    return changes;
  }

  /** The transaction was rolled back. */
  forget(): void {
    this.#tally.clear();
    this.#room.forget();
    this.#forgotten = [];
    this.#newCount = 0;
    this.#tableCount = undefined;
  }

  /** What somebody asks of the one group whose fingerprint begins so. Fails with NOT_FOUND, CONFLICT. */
  change(prefix: string, request: StandingRequest): { group: ErrorGroup; changes: StandingChange[] } {
    const before = this.#table.find(prefix);
    const [group, changes] = stepped(before, request, this.#clock.wallMs());
    if (changes.length > 0) this.#table.put(group);
    return { group, changes };
  }

  /** The latest first, each as it stands now. */
  *list({ machine, agent, sinceMs = 0, shown = (group) => group }: ErrorGroupFilter): Iterable<ErrorGroup> {
    const nowMs = this.#clock.wallMs();
    for (const row of this.#table.newest(sinceMs)) {
      const group = shown(asOf(row, nowMs));
      if (group !== undefined && this.#isFrom(group, machine, agent)) yield group;
    }
  }

  /** The one group whose fingerprint begins so. Fails with NOT_FOUND, or CONFLICT when several do. */
  find(prefix: string): ErrorGroup {
    return asOf(this.#table.find(prefix), this.#clock.wallMs());
  }

  sourcesOf(fingerprint: string): ErrorSource[] {
    return this.#origins.sourcesOf(fingerprint);
  }

  /** Ids of the newest records of a group, newest first. */
  occurrencesOf(fingerprint: string, limit: number): number[] {
    return this.#occurrences.all(fingerprint, limit);
  }

  count(): number {
    return this.#table.count();
  }

  pruneOccurrences(upToId: number): void {
    this.#pruneOccurrences.run(upToId);
  }

  #write(tally: GroupTally, nowMs: number): StandingChange[] {
    const { fingerprint } = tally.key;
    const before = this.#table.get(fingerprint) ?? emptyGroup(tally);
    const traces = this.#origins.addTraces(fingerprint, tally, before.impact);
    const { count, agent, lastMs, lastRelease: release } = tally;
    const counted: ErrorGroup = {
      ...before,
      ...wordsOf(tally),
      count: before.count + count,
      firstSeenMs: Math.min(before.firstSeenMs, tally.firstMs),
      lastSeenMs: Math.max(before.lastSeenMs, lastMs),
      lastId: tally.lastId,
      firstRelease: before.firstRelease || tally.firstRelease,
      lastRelease: release || before.lastRelease,
      impact: before.impact + traces.newCount,
      impactIsExact: before.impactIsExact && traces.isExact,
    };
    const [group, changes] = stepped(counted, { kind: 'error', lastMs, agent, release }, nowMs);
    this.#table.put(group);
    this.#origins.addSources(fingerprint, tally);
    return changes;
  }

  /** A group from before there were sources is known by its last one. */
  #isFrom(group: ErrorGroup, machine: string | undefined, agent: string | undefined): boolean {
    if (machine === undefined && agent === undefined) return true;
    const isLast = (machine ?? group.machine) === group.machine && (agent ?? group.agent) === group.agent;
    return isLast || this.#origins.isFrom(group.fingerprint, machine, agent);
  }

  /** A body that makes the reader throw would stop its whole chain for ever, so it counts as unreadable. */
  #keyOf({ body, agent }: NewRecord): GroupKey {
    try {
      return this.#groupOf(body, agent) ?? unreadableGroup;
    } catch {
      return unreadableGroup;
    }
  }

  /** The two groups of last resort always have room: there are only two. */
  #roomFor(key: GroupKey): GroupKey {
    const { fingerprint } = key;
    if (this.#tally.has(fingerprint) || key === unreadableGroup) return key;
    if (this.#table.has(fingerprint)) return key;
    this.#tableCount ??= this.count();
    if (this.#tableCount + this.#newCount >= limits.errorGroupsMax && !this.#makesRoom()) return overflowGroup;
    this.#newCount++;
    return key;
  }

  /** Its records stay, and with them its occurrences: what is forgotten is the count, and that is in the record of it. */
  #makesRoom(): boolean {
    const nowMs = this.#clock.wallMs();
    const { size } = this.#tally;
    const fingerprint = this.#room.next(nowMs, (each) => this.#tally.has(each), size);
    const group = fingerprint === undefined ? undefined : this.#table.get(fingerprint);
    if (fingerprint === undefined || group === undefined) return false;
    this.#table.remove(fingerprint);
    this.#origins.remove(fingerprint);
    this.#newCount--;
    const standing = { ...standingOf(group), sinceMs: nowMs, by: MESH, why: 'it made room for errors of another kind' };
    this.#forgotten.push({ from: group.status, group: withStanding(group, standing), isForgotten: true });
    return true;
  }
}

function stepped(before: ErrorGroup, event: StandingEvent, nowMs: number): [ErrorGroup, StandingChange[]] {
  const standing = standingOf(before);
  const next = stepStanding(standing, event, before.count, nowMs);
  if (next === standing) return [before, []];
  const group = withStanding(before, next);
  return [group, [{ from: before.status, group }]];
}

/** A mute may have ended since somebody last looked. */
const asOf = (group: ErrorGroup, nowMs: number): ErrorGroup => stepped(group, { kind: 'look' }, nowMs)[0];

const wordsOf = ({ key: { report }, agent, machine }: GroupTally) => ({
  code: report.code,
  message: report.message,
  severity: report.severity,
  component: report.component,
  agent,
  machine,
});

const emptyGroup = (tally: GroupTally): ErrorGroup =>
  withStanding(
    {
      fingerprint: tally.key.fingerprint,
      ...wordsOf(tally),
      count: 0,
      firstSeenMs: tally.firstMs,
      lastSeenMs: tally.lastMs,
      firstId: tally.firstId,
      lastId: tally.lastId,
      status: 'open',
      statusMs: 0,
      statusBy: '',
      statusWhy: '',
      mutedUntilMs: null,
      mutedUntilCount: null,
      firstRelease: '',
      lastRelease: '',
      impact: 0,
      impactIsExact: true,
    },
    firstStanding,
  );
