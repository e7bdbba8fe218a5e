/** Bounds of alerts: rules, routes, and what an alerter keeps in mind. */
import { KIB } from './units.js';

export const alerts = {
  alertRulesMax: 64,
  alertRoutesMax: 32,
  /** Headers of a webhook, and variables of a command. */
  alertHeadersMax: 32,
  /** After a notice of a rule about one thing the next about the same thing waits for so long. */
  alertThrottleMs: 900_000,
  /** An error that was silent for so long is over. */
  alertQuietMs: 600_000,
  /** A machine that is started again is back by then. */
  alertUnreachableMs: 30_000,
  /** A throttle that is longer forgets nothing, but nobody waits for what it holds back. */
  alertSpanMsMax: 30 * 86_400_000,
  /** Things (groups of errors, machines, agents) that an alerter has in mind at once, for all of its rules: its memory has
   *  to fit a checkpoint. What is beyond is told as one. */
  alertEntriesMax: 150,
  /** Notices of one rule at once, and how often one more: what is beyond is told in one. */
  alertBurst: 8,
  alertRefillMs: 10_000,
  /** Characters of what a notice says of the thing that it is about. */
  alertTitleMax: 120,
  /** Of what an alerter remembers, compressed; the other half of a checkpoint is what it has still to tell. */
  alertMemoryBytesMax: 40 * KIB,
  /** Notices that wait for their routes; when there are more the oldest is given up, and that is told. */
  alertOutboxMax: 24,
  /** Tries to deliver a notice, with the waits in between about a quarter of an hour. */
  alertAttemptsMax: 10,
  alertRetryFirstMs: 2_000,
  alertRetryMaxMs: 180_000,
  /** How long a webhook or a command may take when its route does not say. */
  alertTimeoutMs: 10_000,
  alertTimeoutMsMax: 60_000,
  /** Bytes of an answer or of an output that are looked at; the rest is not waited for. */
  alertAnswerBytesMax: 16 * KIB,
  /** What cannot be stored by then is told all the same: a full disk is what an alert may be about. */
  alertStoreMs: 5_000,
  /** How often an alerter looks whether something is due, and at the machines. */
  alertTickMs: 500,
  alertSightMs: 2_000,
  /** Records of errors that an alerter has in hand, and the ids of those that it has done: all that may come again. */
  alertInFlight: 200,
  alertIdsKept: 1_000,
  /** Groups of errors whose standing an alerter remembers; the one that it asked for longest ago is asked for again. */
  alertStandingsKept: 2_000,
} as const;
