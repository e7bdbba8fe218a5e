/**
 * How a group of errors stands: open, muted, resolved or regressed, and what each thing that happens makes of it. Pure.
 *
 * S1  Every cell of the table is written; what changes nothing is written as that.
 * S2  A group regresses by an error that happened after it was resolved. One that happened before and only arrived later,
 *     from behind a link that was down, changes nothing.
 * S3  A mute ends by whichever of its bounds is reached first; nothing is counted less while it lasts.
 * S4  Asking for what is so already changes nothing, and nothing is told of it.
 */
import { type StateTable, transition } from '../../core/state-table.js';

export const errorStatuses = ['open', 'muted', 'resolved', 'regressed'] as const;
export type ErrorStatus = (typeof errorStatuses)[number];

export interface Standing {
  readonly status: ErrorStatus;
  /** When it came to stand so, by main's clock; 0 when it always did. */
  readonly sinceMs: number;
  /** Who decided it; empty when nobody did. */
  readonly by: string;
  readonly why: string;
  /** The bounds of a mute. */
  readonly untilMs: number | null;
  readonly untilCount: number | null;
}

/** What somebody asks for. */
export type StandingRequest =
  | { readonly kind: 'resolve' | 'reopen'; readonly by: string; readonly why: string }
  | {
      readonly kind: 'mute';
      readonly by: string;
      readonly why: string;
      readonly forMs?: number | undefined;
      /** So many more errors. */
      readonly count?: number | undefined;
    };

/** error: some came, the last of them at `lastMs` by the clock of their machine · look: nothing but time has passed */
export type StandingEvent =
  | StandingRequest
  | { readonly kind: 'error'; readonly lastMs: number; readonly agent: string; readonly release: string }
  | { readonly kind: 'look' };

type TableEvent = 'resolve' | 'reopen' | 'mute' | 'muteEnded' | 'errorAfter' | 'errorBefore' | 'nothing';

/** @internal read by its test, cell by cell */
export const standingTable: StateTable<ErrorStatus, TableEvent> = {
  open: {
    resolve: 'resolved',
    reopen: 'ignore',
    mute: 'muted',
    muteEnded: 'ignore',
    errorAfter: 'ignore',
    errorBefore: 'ignore',
    nothing: 'ignore',
  },
  muted: {
    resolve: 'resolved',
    reopen: 'open',
    mute: 'muted',
    muteEnded: 'open',
    errorAfter: 'ignore',
    errorBefore: 'ignore',
    nothing: 'ignore',
  },
  resolved: {
    resolve: 'ignore',
    reopen: 'open',
    mute: 'muted',
    muteEnded: 'ignore',
    errorAfter: 'regressed',
    errorBefore: 'ignore',
    nothing: 'ignore',
  },
  regressed: {
    resolve: 'resolved',
    reopen: 'open',
    mute: 'muted',
    muteEnded: 'ignore',
    errorAfter: 'ignore',
    errorBefore: 'ignore',
    nothing: 'ignore',
  },
};

export const firstStanding: Standing = {
  status: 'open',
  sinceMs: 0,
  by: '',
  why: '',
  untilMs: null,
  untilCount: null,
};

/** Who decides where nobody did. */
export const MESH = 'mesh';

/** @param count all errors of the group, with those of this event; @returns the same object when nothing has changed */
export function stepStanding(standing: Standing, event: StandingEvent, count: number, nowMs: number): Standing {
  const outcome = transition(standingTable, standing.status, tableEvent(standing, event, count, nowMs));
  return outcome.kind === 'moved' ? standingOf(outcome.to, standing, event, count, nowMs) : standing;
}

function tableEvent(standing: Standing, event: StandingEvent, count: number, nowMs: number): TableEvent {
  if (event.kind !== 'error' && event.kind !== 'look') return event.kind;
  if (standing.status === 'muted') return hasEnded(standing, count, nowMs) ? 'muteEnded' : 'nothing';
  if (event.kind === 'look') return 'nothing';
  return event.lastMs > standing.sinceMs ? 'errorAfter' : 'errorBefore';
}

const hasEnded = ({ untilMs, untilCount }: Standing, count: number, nowMs: number): boolean =>
  (untilMs !== null && nowMs >= untilMs) || (untilCount !== null && count >= untilCount);

function standingOf(to: ErrorStatus, from: Standing, event: StandingEvent, count: number, nowMs: number): Standing {
  const bounds = { untilMs: null, untilCount: null };
  if (event.kind === 'mute') {
    const untilMs = event.forMs === undefined ? null : nowMs + event.forMs;
    const untilCount = event.count === undefined ? null : count + event.count;
    return { status: to, sinceMs: nowMs, by: event.by, why: event.why, untilMs, untilCount };
  }
  if (event.kind === 'resolve' || event.kind === 'reopen') {
    return { status: to, sinceMs: nowMs, by: event.by, why: event.why, ...bounds };
  }
  return { status: to, sinceMs: nowMs, by: MESH, why: whyChanged(from, event, count), ...bounds };
}

function whyChanged(from: Standing, event: StandingEvent, count: number): string {
  if (from.status === 'muted') {
    return from.untilCount !== null && count >= from.untilCount
      ? `the mute ended with error ${from.untilCount}`
      : 'the time of the mute was over';
  }
  if (event.kind !== 'error') return '';
  return `it happened again in ${event.agent}${event.release === '' ? '' : `, release ${event.release}`}`;
}
