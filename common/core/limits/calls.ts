/** Bounds of calls and their streams, on both sides, and of the policies that steer them. */
import { KIB, MIB } from './units.js';

export const calls = {
  /** Items that a stream may have on their way and unread, unless its reader says otherwise: enough that a quick reader
   *  never waits for a round trip, few enough that a reader who leaves in the middle has let little be made in vain. */
  streamWindow: 64,
  /** More credit than this is taken for this much: what a reader lets come it also holds. */
  streamCreditMax: 1_024,
  /** Bytes of a stream that are on their way and unread; then its sender waits, however much credit it has. */
  streamBytesMax: 1 * MIB,
  /** What may be said to a stream's callee before it has read it. */
  streamInboxWindow: 16,
  /** Values of one stream that wait for credit at its sender, each with somebody who waits for that; the next is refused. */
  streamWaitingMax: 64,
  /** How often the callee of a stream that has nothing to send shows that it is still there. */
  streamSignMs: 10_000,
  /** A stream whose callee shows no sign for so long has failed: three signs missed. */
  streamSilenceMs: 35_000,
  /** A stream whose reader lets nothing come for so long, while something waits to, was forgotten by it, and is ended: far
   *  longer than a step of work that takes its time. */
  streamIdleMs: 300_000,
  /** Requests given up whose late answers are told from stray ones; the oldest is forgotten. */
  lateAnswersKept: 65_536,
  /** Cancels that a server remembers for requests that may still ask whether they were cancelled; the oldest is forgotten. */
  cancelsKept: 4_096,
  /** Repeats of a call that did not run or may run twice, when nobody says how many: one for an instance that has just
   *  gone, one for bad luck. */
  callRetries: 2,
  /** Wait before a call goes once more to the instance that could not take it; doubled each time. */
  callRepeatFirstMs: 20,
  callRepeatMaxMs: 1_000,
  /** Repeats that a process may make of one service's calls: one in ten calls and some per second, saved up for so many
   *  seconds, so that an instance that dies with its hands full is made up for, and a service that is down is left alone. */
  retryBudgetPercent: 10,
  retryBudgetPerSecond: 10,
  retryBudgetSavedSeconds: 100,
  /** Calls of a process that wait for an instance to serve or for their next attempt; the next is refused with QUEUE_FULL. */
  callsWaitingMax: 10_000,
  /** A connection broke: so long the registry may take to say that its agent died before the link alone is blamed. */
  linkVerdictMs: 150,
  /** An instance that refused for now is not preferred for so long, when it does not say how long itself. */
  refusalAvoidedMs: 100,
  /** Connections to instances that were not called for this long are closed. */
  connectionIdleMs: 60_000,
  /** An instance is left alone after so many failures without an answer in between … */
  breakerFailures: 5,
  /** … or when so many of its calls failed within the window, if there were enough to say so … */
  breakerFailurePercent: 50,
  breakerWindowMs: 10_000,
  breakerCallsMin: 20,
  /** … for so long, doubled each time one call that tries it fails. */
  breakerOpenMs: 1_000,
  breakerOpenMsMax: 30_000,
  /** An instance of the own machine is preferred until it is so many times as expensive as one elsewhere: about what the
   *  way through a network costs a quick call. */
  localityWeight: 3,
  /** Rules of a fleet: each call that is made for the first time looks at all of them. */
  policyRulesMax: 256,
  /** All rules with the values that they fall back to, as JSON: every agent holds them. */
  policyBytesMax: 256 * KIB,
  /** The longest time that a policy may name: an hour. */
  callMsMax: 3_600_000,
  /** More than this many repeats of one call only make a bad moment longer. */
  callRetriesMax: 10,
  /** Calls under a policy that a process remembers for `mesh policy test`; the oldest is forgotten. */
  callTrailKept: 100,
  /** Calls that wait for an action with `concurrency`, unless it says otherwise; one more is refused with OVERLOADED. */
  actionQueueMax: 1_000,
  /** What one step of priority is worth in waiting: within the five seconds that a call usually has, the better priority
   *  is always first, and whoever has more time than that is reached at last. */
  actionPriorityStepMs: 1_000,
  /** How often a queue is looked through for calls that wait in vain. */
  actionSweepMs: 50,
  /** When a refused caller is told to ask again: not so soon that asking is a load of its own, and not so late that a queue
   *  which has emptied meanwhile stands idle. */
  retryAfterMsMin: 20,
  retryAfterMsMax: 30_000,
  /** A call with an idempotency key is remembered for so long after it ended; then a repeat runs anew. Longer than any
   *  caller repeats by itself, short enough that a busy agent holds what fits the bounds below. */
  idempotencyWindowMs: 300_000,
  /** Calls with a key that one agent remembers, and the bytes of their answers: the oldest answer is forgotten for the
   *  next. When all of them still run the next is refused with QUEUE_FULL. */
  idempotencyKeysMax: 10_000,
  idempotencyBytesMax: 32 * MIB,
  /** All who asked for a run with a key have given it up: so long it goes on for one who asks again after its connection
   *  broke. */
  keyedGraceMs: 1_000,
  /** Items of a generator that are collected for a caller who did not ask for a stream; one more, and it gets TOO_LARGE. */
  streamItemsCollected: 10_000,
} as const;
