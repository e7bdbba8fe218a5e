/** What is asked of the consumer groups of a log, and what they answer: plain values that cross to its thread. */
import type { BackoffPolicy } from '../../core/backoff.js';
import type { Moment } from '../../core/clock.js';
import type { LogRecord } from '../log/log-reader.js';
import type { GroupSource } from './group-table.js';
import type { GroupCounters, Settlement } from './group-types.js';

/** Where a group begins when it is made. */
export type GroupFrom = 'start' | 'new' | { readonly id: number } | { readonly timeMs: number };

interface OfGroup {
  readonly group: string;
  readonly now: Moment;
}

interface OfMember extends OfGroup {
  readonly member: string;
}

export interface GroupJoin extends OfMember {
  readonly stream: string;
  readonly from: GroupFrom;
  readonly machine?: string;
  readonly agent?: string;
  readonly ordered?: boolean;
  readonly ackWaitMs?: number;
  readonly deliveriesMax?: number;
  readonly backoff?: Omit<BackoffPolicy, 'factor'>;
}

export interface GroupFetch extends OfMember {
  readonly max: number;
  /** The highest delivery number that the member has seen. */
  readonly seen?: number;
}

export interface GroupSettle extends OfMember, Settlement {}

export type GroupLeave = OfMember;

/** Dead letters by the ids of their records; all of them when none is named. */
export interface LetterChoice extends OfGroup {
  readonly ids?: readonly number[];
}

export interface LetterPage {
  readonly group: string;
  readonly afterId: number;
  readonly limit: number;
}

export interface DeliveredRecord extends LogRecord {
  readonly delivery: number;
  readonly attempt: number;
}

export interface Fetched {
  readonly records: readonly DeliveredRecord[];
  /** With no records: when there may be some without anything happening before; monotonic, Infinity for never. */
  readonly nextDueMs: number;
  /** With no records: not everything was looked through yet. */
  readonly isBehind: boolean;
}

export interface Settled {
  /** Words about deliveries that are not the latest. */
  readonly stale: number;
  /** Records that are dead letters now. */
  readonly dead: number[];
  /** Members that wait may find something now. */
  readonly wakes: boolean;
}

export interface GroupState extends Omit<GroupCounters, 'delivered'> {
  readonly group: string;
  readonly stream: string;
  readonly machine: string;
  readonly agent: string;
  readonly ordered: boolean;
  readonly floorId: number;
  readonly pending: number;
  readonly inFlight: number;
  readonly retrying: number;
  readonly dead: number;
  readonly members: readonly string[];
}

/** As the log's thread answers it: `pending` up to the cursor. What is behind that is counted in steps of their own. */
export interface GroupStanding extends GroupState {
  readonly cursorId: number;
  readonly headId: number;
}

/** A step of counting what a group has not looked at yet. */
export interface LagStep extends GroupSource {
  readonly afterId: number;
  readonly upToId: number;
}

export interface LagCounted {
  readonly count: number;
  /** Records that were looked at, also of others than the group reads. */
  readonly looked: number;
  /** Where the next step goes on; undefined at the end. */
  readonly nextId: number | undefined;
}

/** What a group could not read before the log had to let go of it. */
export interface GroupLoss {
  readonly group: string;
  readonly stream: string;
  readonly count: number;
}
