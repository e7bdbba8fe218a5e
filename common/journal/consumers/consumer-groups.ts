/**
 * The consumer groups of the merged log: the edge around their core. Lives in the log's thread and works within the
 * transactions of its store, so whatever it answers is answered after the commit of what it changed.
 *
 * What is durable: the floor, what is settled above it, failed deliveries, dead letters, and that no number of a delivery
 * is used twice. Who is a member and what is in whose hands is not: after a restart everything that is not settled is
 * delivered again, and what is said about earlier deliveries changes nothing.
 */
import { MeshError } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import type { LogReader, LogRecord } from '../log/log-reader.js';
import type { Connection } from '../sqlite/database.js';
import type { StreamHolder } from '../streams/stream-retention.js';
import type { Letter } from './dead-letters.js';
import { DeliveryNumbers } from './delivery-numbers.js';
import type {
  DeliveredRecord,
  Fetched,
  GroupFetch,
  GroupFrom,
  GroupJoin,
  GroupLeave,
  GroupLoss,
  GroupSettle,
  GroupStanding,
  LagCounted,
  LagStep,
  LetterChoice,
  LetterPage,
  Settled,
} from './group-requests.js';
import { GroupScan } from './group-scan.js';
import { GroupShelf, type LoadedGroup } from './group-shelf.js';
import type { GroupRow } from './group-table.js';

export class ConsumerGroups {
  readonly #shelf: GroupShelf;
  readonly #scan: GroupScan;
  readonly #numbers: DeliveryNumbers;

  constructor(
    db: Connection,
    private readonly reader: LogReader,
    wallMs: number,
  ) {
    this.#shelf = new GroupShelf(db, reader);
    this.#scan = new GroupScan(db);
    this.#numbers = new DeliveryNumbers(db, wallMs);
  }

  /** @throws CONFLICT, QUEUE_FULL */
  join(request: GroupJoin): { floorId: number } {
    const { core } = this.#shelf.claim(request, () => this.#placeOf(request.from));
    core.expire(request.now.monotonicMs);
    core.members.join(request.member, request.now.monotonicMs);
    return { floorId: core.floorId };
  }

  /** @throws NOT_FOUND, NOT_ATTACHED */
  fetch({ group, member, max, seen, now }: GroupFetch): Fetched {
    const loaded = this.#shelf.find(group);
    const { core } = loaded;
    const nowMs = now.monotonicMs;
    if (!core.members.has(member)) {
      throw new MeshError('NOT_ATTACHED', `${member} is no member of ${group}, or not any more`, {
        hint: 'Join, and fetch again.',
      });
    }
    core.members.hear(member, nowMs);
    core.expire(nowMs);
    if (seen !== undefined) core.recall(member, seen, nowMs);
    const isBehind = this.#look(loaded, core.lack(max, nowMs));
    const chosen = this.#read(loaded, core.choose(max, nowMs));
    this.#numbers.reserve(chosen.length);
    const ids = chosen.map(({ id }) => id);
    const deliveries = core.deliver(member, ids, nowMs, () => this.#numbers.next());
    this.#shelf.store(loaded, now.wallMs);
    const records = chosen.map((record, index): DeliveredRecord => {
      const { number = 0, attempt = 1 } = deliveries[index] ?? {};
      return { ...record, delivery: number, attempt };
    });
    return { records, nextDueMs: core.nextDueMs(nowMs), isBehind };
  }

  /** A group that is gone has nothing to settle. */
  settle({ group, member, now, ...settlement }: GroupSettle): Settled {
    const loaded = this.#shelf.seek(group);
    if (loaded === undefined)
      return { stale: settlement.done.length + settlement.failed.length, dead: [], wakes: false };
    loaded.core.members.hear(member, now.monotonicMs);
    const { core } = loaded;
    // Others could not have any of these, or none behind them: now they can.
    const wakes = core.settings.ordered || core.isFull || settlement.failed.length + settlement.released.length > 0;
    const { staleCount, deadIds } = core.settle(member, settlement, now.monotonicMs);
    this.#shelf.store(loaded, now.wallMs);
    return { stale: staleCount, dead: deadIds, wakes };
  }

  leave({ group, member, now }: GroupLeave): void {
    const loaded = this.#shelf.loaded(group);
    if (loaded === undefined) return;
    loaded.core.leave(member, now.monotonicMs);
    this.#shelf.store(loaded, now.wallMs);
  }

  list({ now }: Pick<GroupLeave, 'now'>): GroupStanding[] {
    const headId = this.reader.headId();
    return this.#shelf.all().map((row) => {
      const loaded = this.#shelf.load(row);
      const { core } = loaded;
      core.expire(now.monotonicMs);
      this.#shelf.store(loaded, now.wallMs);
      const { group, stream, machine, agent, settings } = row;
      const { settled, redelivered, stale } = core.counters;
      return {
        ...{ group, stream, machine, agent, ordered: settings.ordered, floorId: core.floorId },
        ...{ pending: core.unsettledCount, cursorId: core.cursorId, headId },
        inFlight: core.inFlightCount,
        retrying: core.retryingCount,
        dead: core.deadCount,
        ...{ settled, redelivered, stale, lost: row.lost, members: core.members.names },
      };
    });
  }

  lag(step: LagStep): LagCounted {
    return this.#scan.lag(step);
  }

  /** @throws NOT_FOUND */
  letters({ group, afterId, limit }: LetterPage): { letters: Letter[]; more: boolean } {
    return this.#shelf.letters.page(this.#shelf.find(group).row.id, afterId, limit);
  }

  /** @throws NOT_FOUND */
  replay(choice: LetterChoice): { count: number } {
    const { row, core } = this.#shelf.find(choice.group);
    const ids = this.#chosen(row, choice).filter((id) => this.#shelf.letters.markReplayed(row.id, id));
    for (const id of ids) core.replay(id);
    return { count: ids.length };
  }

  /** @throws NOT_FOUND */
  drop(choice: LetterChoice): { count: number } {
    const { row, core } = this.#shelf.find(choice.group);
    const ids = this.#chosen(row, choice).filter((id) => this.#shelf.letters.delete(row.id, id));
    for (const id of ids) core.drop(id);
    return { count: ids.length };
  }

  /** @throws NOT_FOUND, CONFLICT */
  remove({ group, now }: Omit<GroupLeave, 'member'>): void {
    const loaded = this.#shelf.find(group);
    loaded.core.expire(now.monotonicMs);
    const { names } = loaded.core.members;
    if (names.length > 0) {
      throw new MeshError(
        'CONFLICT',
        `the group ${group} has ${names.length} members: ${names.slice(0, 3).join(', ')}`,
        {
          hint: `Stop them first; one that was killed is forgotten after ${limits.groupLeaseMs / 1_000} s.`,
        },
      );
    }
    this.#shelf.remove(loaded);
  }

  /** The group that has settled least of the stream; undefined for a stream without a group. */
  holderOf(stream: string): StreamHolder | undefined {
    let holder: StreamHolder | undefined;
    for (const row of this.#shelf.all()) {
      if (row.stream !== stream) continue;
      const core = this.#shelf.loaded(row.group)?.core;
      const floorId = core?.floorId ?? row.floorId;
      if (holder === undefined || floorId < holder.floorId)
        holder = { group: row.group, floorId, memberCount: core?.members.names.length ?? 0 };
    }
    return holder;
  }

  /**
   * The log is about to prune its records up to there, those of one stream or all: what a group has not settled of them it
   * loses. Answers who loses how much.
   */
  beforePrune(upToId: number, wallMs: number, stream?: string): GroupLoss[] {
    return this.#shelf.all().flatMap((row) => {
      const isTouched = (stream === undefined || row.stream === stream) && row.floorId < upToId;
      if (!isTouched) return [];
      const loaded = this.#shelf.load(row);
      const { core } = loaded;
      const lostBefore = core.counters.lost;
      core.pruned(upToId, core.cursorId < upToId ? this.#scan.count(row, core.cursorId, upToId) : 0);
      const count = core.counters.lost - lostBefore;
      this.#shelf.addLost(loaded, count);
      this.#shelf.store(loaded, wallMs);
      return count === 0 ? [] : { group: row.group, stream: row.stream, count };
    });
  }

  /** The first id whose record was emitted at that moment or later; the next one when there is none yet. */
  idAt(timeMs: number): number {
    return this.#scan.idAt(timeMs) ?? this.reader.headId() + 1;
  }

  /** What was changed since the last commit did not happen: what is stored counts, and members join again. */
  forget(): void {
    this.#shelf.forget();
    this.#numbers.forget();
  }

  #placeOf(from: GroupFrom): number {
    if (from === 'start') return 0;
    if (from === 'new') return this.reader.headId();
    return ('id' in from ? from.id : this.idAt(from.timeMs)) - 1;
  }

  /** Offers the group what is behind its cursor. @returns whether there is more to look through */
  #look({ row, core }: LoadedGroup, count: number): boolean {
    const headId = this.reader.headId();
    if (count === 0 || core.cursorId >= headId) return false;
    const { ids, upToId } = this.#scan.next(row, core.cursorId, headId, count);
    core.offer(ids, upToId);
    return core.cursorId < headId;
  }

  /** As many of them as fit an answer; what is nowhere to be found any more is lost to the group. */
  #read(loaded: LoadedGroup, ids: readonly number[]): LogRecord[] {
    const { row, core } = loaded;
    const records: LogRecord[] = [];
    const missing: number[] = [];
    let sizeBytes = 0;
    for (const id of ids) {
      const record = core.isReplayed(id) ? recordOf(this.#shelf.letters.find(row.id, id)) : this.reader.byIds([id])[0];
      sizeBytes += record?.body.byteLength ?? 0;
      if (records.length > 0 && sizeBytes > limits.logReadBytesMax) break;
      if (record === undefined) missing.push(id);
      else records.push(record);
    }
    if (missing.length > 0) {
      core.lose(missing);
      this.#shelf.addLost(loaded, missing.length);
    }
    return records;
  }

  #chosen(row: GroupRow, { ids }: LetterChoice): readonly number[] {
    return ids ?? this.#shelf.letters.ids(row.id);
  }
}

/** A letter's record, as the log had it. */
function recordOf(letter: Letter | undefined): LogRecord | undefined {
  if (letter === undefined) return undefined;
  const {
    deliveries: _deliveries,
    code: _code,
    message: _message,
    diedMs: _diedMs,
    replayed: _replayed,
    ...record
  } = letter;
  return record;
}
