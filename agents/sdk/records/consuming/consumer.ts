/** What a consumer of a stream says, is given, and can be asked. Types only. */
import type { ErrorBody, MeshError } from '../../../../common/core/errors.js';
import type { LogRecordBody } from '../../../../common/protocol/catalogue.js';

export interface ConsumeOptions {
  /**
   * Where to begin: with the oldest record that main keeps, with the next one that comes (the default), with the record that
   * has an id, or with the first that was emitted at a time, as the clock of its machine had it. A group has a place of its
   * own: for it this only counts when it is made.
   */
  readonly from?: 'start' | 'new' | { readonly id: number } | { readonly timeMs: number };
  /**
   * The name of a durable group: its members share the records of the stream, and its place outlives all of them. Without one
   * this consumer gets every record, and where it is, is its own affair.
   */
  readonly group?: string;
  /** One record after the other, over all members of the group: none begins before the one before it is settled. */
  readonly ordered?: boolean;
  /** Only what this machine or this agent emitted. */
  readonly filter?: { readonly machine?: string; readonly agent?: string };
  /** Records in hand at once: so many handlers run. Default 16 in a group, 1 without one. */
  readonly inFlightMax?: number;
  /** In a group: a record that was not handled by then is given to somebody. Default 30 s. */
  readonly ackWaitMs?: number;
  /** In a group: after so many deliveries a record is a dead letter. Default 10. */
  readonly deliveriesMax?: number;
  /** In a group: the wait before the next delivery, doubled each time. Default 1 s, up to a minute. */
  readonly backoff?: { readonly firstMs: number; readonly maxMs: number };
}

/** A record of main's log. */
export interface ConsumedRecord extends Omit<LogRecordBody, 'body' | 'integrity'> {
  /** 1, and in a group one more with each delivery of this record. */
  readonly attempt: number;
  /** `damaged`: main does not hold what was emitted. */
  readonly integrity: LogRecordBody['integrity'];
  /** What was emitted; asked for when somebody wants it. @throws JOURNAL_DAMAGED, and for a large one UNREACHABLE, NOT_FOUND */
  body(): Promise<unknown>;
}

/**
 * In a group: when what it answers resolves, the record is acknowledged; when it throws, it is delivered again, later, to
 * any member. Without a group a throw is told and the next record comes.
 */
export type RecordHandler = (record: ConsumedRecord) => unknown;

export interface ConsumerFigures {
  /** Handled well. */
  readonly handled: number;
  readonly failed: number;
  /** Records whose earlier delivery failed or was lost. */
  readonly redelivered: number;
  /** Words about deliveries that had been given to somebody else by then. */
  readonly stale: number;
  /** Records that became dead letters by a failure here. */
  readonly dead: number;
  readonly inHand: number;
  /** Id of the latest record that was given to the handler; 0 before the first. */
  readonly lastId: number;
}

export interface Consumer {
  readonly stream: string;
  readonly group: string | undefined;
  /** Main has its place: whatever comes from now on will be consumed. Rejects when it is refused for good. */
  readonly ready: Promise<void>;
  /** It has ended: closed, or refused for good with this error. Never rejects. */
  readonly ended: Promise<MeshError | undefined>;
  readonly figures: ConsumerFigures;
  /**
   * Takes no more records, waits for the handlers that run (at most `limits.closeTimeoutMs`), settles what they did, and
   * gives the rest back to its group. Idempotent; never throws.
   */
  close(): Promise<void>;
}

/** What became of a record in the hands of its handler. */
export type Handled =
  | { readonly ok: true }
  | { readonly ok: false; readonly error: Pick<ErrorBody, 'code' | 'message'> };
