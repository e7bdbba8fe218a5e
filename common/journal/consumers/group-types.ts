/** What a consumer group is told and tells: plain values, which cross to the log's thread and to its tables unchanged. */
import type { BackoffPolicy } from '../../core/backoff.js';

/** What may be changed by whoever joins; the next delivery follows it. */
export interface GroupSettings {
  /** One member at a time, one record after the other. */
  readonly ordered: boolean;
  /** A delivery that is not settled by then counts as failed. */
  readonly ackWaitMs: number;
  /** After so many a record is a dead letter. */
  readonly deliveriesMax: number;
  /** Between a failure and the next delivery of its record. */
  readonly backoff: BackoffPolicy;
}

/** How a group stands in its tables, which is all that outlives the process. */
export interface StoredGroup {
  /** Everything up to here is settled, or none of its records. */
  readonly floorId: number;
  /** Settled above the floor. */
  readonly settledIds: ReadonlySet<number>;
  /** How often records above the floor were delivered and failed. */
  readonly deliveries: ReadonlyMap<number, number>;
  /** Dead letters that were given back for another try. */
  readonly replayed: readonly number[];
  readonly deadCount: number;
}

/** A record in the hands of a member. */
export interface Delivery {
  readonly id: number;
  /** Never used twice, so that a late word about an earlier one of the record is known as that. */
  readonly number: number;
  /** 1 for the first delivery of the record. */
  readonly attempt: number;
}

export interface Failure {
  readonly number: number;
  readonly code: string;
  readonly message: string;
}

export interface Settlement {
  readonly done: readonly number[];
  readonly failed: readonly Failure[];
  /** Not looked at: they go to whoever asks next, and this delivery does not count. */
  readonly released: readonly number[];
}

export interface DeadLetter {
  readonly id: number;
  readonly deliveries: number;
  readonly code: string;
  readonly message: string;
}

/** What is to be stored before anybody is answered. */
export interface GroupChanges {
  readonly floorId: number;
  readonly settledIds: readonly number[];
  /** Records above the floor that failed, with their deliveries so far. */
  readonly failed: readonly { readonly id: number; readonly deliveries: number }[];
  readonly died: readonly DeadLetter[];
  /** Dead letters whose replay was settled. */
  readonly revivedIds: readonly number[];
}

/** Since the group was loaded. */
export interface GroupCounters {
  delivered: number;
  redelivered: number;
  settled: number;
  /** Words about a delivery that is not the latest one of its record: they changed nothing. */
  stale: number;
  /** Records that were pruned before they were settled. */
  lost: number;
}
