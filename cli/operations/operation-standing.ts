/**
 * How far a start, stop or restart of an agent is, told from one row of `node.ps`. Pure.
 *
 * The node answers such a request when it has begun. A start is done when the agent serves or has completed, a stop when
 * no process is left, a restart when a newer incarnation serves. It has failed when the node gave the agent up, or when
 * it fell twice: whoever waits learns nothing more by waiting.
 */
import type { AgentState } from '../../common/protocol/registry-entry.js';
import { secondsText } from '../terminal/quantity.js';

export type Operation = 'start' | 'stop' | 'restart';

/** What is looked at of a row of `node.ps`. */
export interface ObservedAgent {
  readonly state: AgentState;
  readonly pid: number;
  readonly epoch: number;
  readonly restarts: number;
  readonly why: string;
  readonly lastExit?: string;
}

/** As it was when the request had begun. */
export interface Begun {
  /** For a restart, that of the incarnation that is to end. */
  readonly epoch: number;
  readonly restarts: number;
}

export type Standing =
  | { readonly kind: 'pending' }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly why: string };

const PENDING: Standing = { kind: 'pending' };
const DONE: Standing = { kind: 'done' };
/** Falls of one start: the second says that the first was no accident. */
const FALLS_OF_FAILURE = 2;

export function standingOf(operation: Operation, begun: Begun, row: ObservedAgent | undefined): Standing {
  if (row === undefined) return { kind: 'failed', why: 'its node does not know it any more' };
  if (operation === 'stop') return isDown(row) ? DONE : PENDING;
  const isNext = operation === 'start' || row.epoch > begun.epoch;
  if (isNext && hasStarted(row.state)) return DONE;
  const fell = row.restarts - begun.restarts;
  const isGivenUp = isNext && (row.state === 'failed' || row.state === 'quarantined');
  if (isGivenUp) return { kind: 'failed', why: whyDown(row) };
  return fell >= FALLS_OF_FAILURE ? { kind: 'failed', why: whyFalling(fell, row.lastExit) } : PENDING;
}

/** Serves, or did what it had to do. Alive but lagging is not failed. */
export const hasStarted = (state: AgentState): boolean =>
  state === 'ready' || state === 'busy' || state === 'completed';

const isDown = ({ state, pid }: ObservedAgent): boolean =>
  pid === 0 && state !== 'starting' && state !== 'draining' && state !== 'backoff';

export const whyFalling = (times: number, lastExit: string | undefined): string =>
  `it ended ${times} times, at last with ${lastExit ?? 'an unknown exit'}`;

/** `quarantined: 6 starts in 60 s; exit code 1`. */
export function whyDown({ state, why, lastExit }: Pick<ObservedAgent, 'state' | 'why' | 'lastExit'>): string {
  const said = [why, lastExit === undefined || why.includes(lastExit) ? '' : lastExit].filter((part) => part !== '');
  return said.length === 0 ? `it is ${state}` : `${state}: ${said.join('; ')}`;
}

/** Why waiting ended, for one that is still on its way. */
export function whyLate(operation: Operation, row: ObservedAgent | undefined, waitedMs: number): string {
  const goal = operation === 'stop' ? 'down' : 'ready';
  const now = row === undefined ? 'its node does not answer' : `it is ${whyDown(row).replace(/^it is /, '')}`;
  return `not ${goal} within ${secondsText(waitedMs)}: ${now}`;
}
