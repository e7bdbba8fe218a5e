/** What a subscriber asks for, what its handler gets, and what it can see of itself. Types only. */

export interface EventInfo {
  readonly topic: string;
  /** `agent@machine#epoch` */
  readonly publisher: string;
  readonly seq: number;
  /** Wall clock of the publisher. */
  readonly tsMs: number;
  /** The last value from before the subscription: it was not published just now. */
  readonly kept?: true;
}

export type EventHandler = (body: unknown, event: EventInfo) => unknown;

/** Where events went that are missing: lost on the way here, or dropped by the subscription's own queue. */
export type GapCause = 'lost' | 'dropped';

/** What happens when a queue of events is full. */
export type Overflow = 'drop-oldest' | 'block';

export interface SubscriptionOptions {
  /** `count` events of `publisher` on `topic` are missing before the next one. */
  readonly onGap?: (count: number, topic: string, publisher: string, cause: GapCause) => void;
  /**
   * Handle one event after the other, awaited, and what happens when `queueMax` of them wait. `drop-oldest` drops and counts.
   * `block` reads no further, until what libzmq may hold is full and the event proxy drops: that is a gap like any other.
   * Left out, with `queueMax` too: the handler is called as events come, and nothing waits.
   */
  readonly overflow?: Overflow;
  /** Default `limits.subscriptionQueueDefault`. With it and without `overflow` the oldest is dropped. */
  readonly queueMax?: number;
  /** Begin with the last value of each topic whose publisher asks for it to be kept. */
  readonly last?: boolean;
}

export interface Subscription {
  readonly pattern: string;
  readonly figures: SubscriptionFigures;
  close(): void;
}

export interface SubscriptionFigures {
  readonly pattern: string;
  readonly overflow: Overflow | 'none';
  /** 0 without a queue. */
  readonly queueMax: number;
  /** Events that wait now, and for how long the first of them has. */
  readonly queued: number;
  readonly waitMs: number;
  /** Handed to the handler. */
  readonly handled: number;
  /** Lost on the way here, and dropped by its own queue. */
  readonly missed: number;
  readonly dropped: number;
  /** Its handler threw or rejected. */
  readonly failed: number;
  /** What its handler took: as long as it held this process up; with a queue, as long as it was awaited. */
  readonly handlerMs: number;
}
