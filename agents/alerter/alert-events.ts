/** What an alerter hears of. Types only. */
import type { Severity } from '../../common/protocol/errors/severity.js';

/** One record of the error bus. */
export interface ErrorSeen {
  /** Of the record, in main's log. */
  readonly id: number;
  /** Of the record, in its journal: it is never another's, also where main's log was begun anew and gives ids out again. */
  readonly place: string;
  readonly fingerprint: string;
  readonly machine: string;
  readonly agent: string;
  readonly code: string;
  readonly message: string;
  readonly severity: Severity;
  readonly component: string;
  /** Errors that it stands for, and when the first and the last of them happened. */
  readonly count: number;
  readonly firstMs: number;
  readonly lastMs: number;
  /** Its group began with it. */
  readonly isFirst: boolean;
  /** Nobody wants to hear of its group. */
  readonly isMuted: boolean;
}

/** A group of errors came to stand differently. */
export interface StandingSeen extends Omit<ErrorSeen, 'count' | 'firstMs' | 'lastMs' | 'isFirst' | 'isMuted'> {
  /** forgotten: main needed the room; the next error of it is the first of a group that begins anew. */
  readonly to: 'open' | 'muted' | 'resolved' | 'regressed' | 'forgotten';
  readonly by: string;
  readonly why: string;
  /** The newest record of the group by then. */
  readonly lastId: number;
}

/** Something that is wrong now, as opposed to something that happened. */
export interface Trouble {
  readonly kind: 'machine-unreachable' | 'quarantine' | 'journal-degraded';
  /** A machine, or an agent@machine. */
  readonly subject: string;
  readonly machine: string;
  readonly agent: string;
  readonly title: string;
  readonly sinceMs: number;
}

/** Of what nothing is known now, neither that it is wrong nor that it is not: one thing, or all of a machine. */
export interface Unseen extends Pick<Trouble, 'kind' | 'machine'> {
  readonly subject?: string;
}

/** All that is wrong of these kinds; of the other kinds nothing is known now. */
export interface Sight {
  readonly kinds: readonly Trouble['kind'][];
  readonly troubles: readonly Trouble[];
  readonly unseen: readonly Unseen[];
}
