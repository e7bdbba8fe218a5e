/** What the log knows of errors of one kind, and the two groups of last resort. Types and constants. */
import { limits } from '../../core/limits.js';
import type { ErrorStatus } from './error-standing.js';

/** What one error record says about its group. */
export interface GroupKey {
  readonly fingerprint: string;
  readonly report: {
    readonly code: string;
    readonly message: string;
    readonly severity: string;
    readonly component: string;
    readonly release?: string | undefined;
    /** Errors that it stands for, and when they were; one, at the time of its record, where it does not say. */
    readonly count?: number | undefined;
    readonly firstMs?: number | undefined;
    readonly lastMs?: number | undefined;
  };
}

/** Pure; undefined for a body that is not an error. */
export type GroupOf = (body: Uint8Array, agent: string) => GroupKey | undefined;

export interface ErrorGroup {
  readonly fingerprint: string;
  readonly code: string;
  /** Of the newest record, as are severity, component, agent and machine. */
  readonly message: string;
  readonly severity: string;
  readonly component: string;
  readonly agent: string;
  readonly machine: string;
  readonly count: number;
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
  /** The records that it began with and that came last; 0 for one that is older than the column. */
  readonly firstId: number;
  readonly lastId: number;
  readonly status: ErrorStatus;
  /** When, by whom and why it came to stand so; 0 and empty while nobody decided anything. */
  readonly statusMs: number;
  readonly statusBy: string;
  readonly statusWhy: string;
  readonly mutedUntilMs: number | null;
  /** The count of the group that ends the mute. */
  readonly mutedUntilCount: number | null;
  /** Empty where no report said one. */
  readonly firstRelease: string;
  readonly lastRelease: string;
  /** Calls that failed with it, by their trace ids; at least so many where it is not exact. */
  readonly impact: number;
  readonly impactIsExact: boolean;
}

/** Where the errors of a group came from; both names are empty for what came from further places. */
export interface ErrorSource {
  readonly machine: string;
  readonly agent: string;
  readonly count: number;
  readonly lastSeenMs: number;
}

/** No hash of ours gives these fingerprints. */
export const overflowGroup: GroupKey = {
  fingerprint: 'f'.repeat(16),
  report: {
    code: 'TOO_LARGE',
    message: `errors of further kinds, beyond ${limits.errorGroupsMax} groups`,
    severity: 'error',
    component: 'log',
  },
};

export const unreadableGroup: GroupKey = {
  fingerprint: '0'.repeat(16),
  report: {
    code: 'INVALID_INPUT',
    message: 'records on the stream of errors that are not error reports',
    severity: 'error',
    component: 'log',
  },
};
