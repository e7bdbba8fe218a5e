/**
 * The errors of one transaction, added up by group, so that a thousand of the same cost one row to write. Pure. Lives no
 * longer than its transaction: it is written before the commit or forgotten with it.
 */
import type { NewRecord } from '../record.js';
import type { GroupKey } from './error-group.js';

export interface SourceTally {
  readonly machine: string;
  readonly agent: string;
  count: number;
  lastMs: number;
}

/** What a group gets, with the words of the newest record. */
export interface GroupTally {
  key: GroupKey;
  machine: string;
  agent: string;
  count: number;
  firstMs: number;
  lastMs: number;
  readonly firstId: number;
  lastId: number;
  firstRelease: string;
  lastRelease: string;
  readonly sources: Map<string, SourceTally>;
  readonly traces: Set<string>;
  /** A record stood for several errors: nobody knows the calls of all of them. */
  isFolded: boolean;
}

export class ErrorTally {
  readonly #groups = new Map<string, GroupTally>();

  get size(): number {
    return this.#groups.size;
  }

  has(fingerprint: string): boolean {
    return this.#groups.has(fingerprint);
  }

  add(key: GroupKey, id: number, { agent, tsMs, trace }: NewRecord, machine: string): void {
    const { count = 1, release = '' } = key.report;
    const firstMs = timeOr(key.report.firstMs, tsMs);
    const lastMs = timeOr(key.report.lastMs, tsMs);
    const group = this.#groupFor(key, id, agent, machine, firstMs, lastMs, release);
    Object.assign(group, { key, agent, machine, lastId: id });
    group.count += count;
    group.firstMs = Math.min(group.firstMs, firstMs);
    group.lastMs = Math.max(group.lastMs, lastMs);
    if (group.firstRelease === '') group.firstRelease = release;
    if (release !== '') group.lastRelease = release;
    if (count > 1) group.isFolded = true;
    if (trace !== '') group.traces.add(trace);
    addSource(group, agent, machine, count, lastMs);
  }

  groups(): Iterable<GroupTally> {
    return this.#groups.values();
  }

  clear(): void {
    this.#groups.clear();
  }

  #groupFor(
    key: GroupKey,
    id: number,
    agent: string,
    machine: string,
    firstMs: number,
    lastMs: number,
    release: string,
  ): GroupTally {
    const known = this.#groups.get(key.fingerprint);
    if (known !== undefined) return known;
    const group: GroupTally = {
      key,
      agent,
      machine,
      count: 0,
      firstMs,
      lastMs,
      firstId: id,
      lastId: id,
      firstRelease: release,
      lastRelease: release,
      sources: new Map(),
      traces: new Set(),
      isFolded: false,
    };
    this.#groups.set(key.fingerprint, group);
    return group;
  }
}

/** A time that somebody wrote into a report, as the store can hold it. */
const timeOr = (ms: number | undefined, otherwise: number): number =>
  ms === undefined || ms > DATE_MS_MAX ? otherwise : Math.trunc(ms);

/** The last moment that a date can say. */
const DATE_MS_MAX = 8.64e15;

function addSource(group: GroupTally, agent: string, machine: string, count: number, lastMs: number): void {
  const name = `${agent}@${machine}`;
  const source = group.sources.get(name);
  if (source === undefined) {
    group.sources.set(name, { machine, agent, count, lastMs });
    return;
  }
  source.count += count;
  source.lastMs = Math.max(source.lastMs, lastMs);
}
