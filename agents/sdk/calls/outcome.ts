/**
 * What a failure says: about the instance that was asked, and about whether the call may be made again. Pure.
 *
 * About the instance. Only silence counts against it: no answer in time (TIMED_OUT), no way to it (UNREACHABLE). A broken
 * connection or a dead process (CONNECTION_LOST, AGENT_CRASHED) is one event however many calls were out, so it is counted
 * where it is noticed, and not by each of them. Whatever an instance answers, even that the action threw, it is there. A
 * refusal for now (OVERLOADED, QUEUE_FULL, EXPIRED, CLOSED …) is no failure either: who sheds a part of its calls serves the
 * others, and a breaker that opened on that would shed all of them. It is only less preferred for a while.
 *
 * About the call. It may be made again when it cannot have run: it never left, or it was refused before it ran. What may
 * have run is repeated only where running twice is harmless, because the action says so or the call has a key.
 */
import type { ErrorCode, MeshError } from '../../../common/core/errors.js';
import { limits } from '../../../common/core/limits.js';

/** How far a call came: it never left, nobody knows what became of it, or the callee answered with an error. */
export type Fate = 'unsent' | 'sent' | 'answered';

export type InstanceSign = 'well' | 'silent' | 'lost' | 'pressed' | 'nothing';

/** What these say when they come from this side of the wire. */
const OWN_SIGNS: Partial<Record<ErrorCode, InstanceSign>> = {
  TIMED_OUT: 'silent',
  UNREACHABLE: 'silent',
  CONNECTION_LOST: 'lost',
  AGENT_CRASHED: 'lost',
};

export function signOf({ code, retryable }: MeshError, fate: Fate): InstanceSign {
  if (fate === 'answered') return retryable ? 'pressed' : 'well';
  return OWN_SIGNS[code] ?? 'nothing';
}

/** @param harmless running it twice does what running it once does. */
export function mayRepeat(error: MeshError, fate: Fate, harmless: boolean): boolean {
  // Given up by its caller, or by the end of this process: whatever became of it.
  if (error.code === 'INTERRUPTED' || (error.code === 'CLOSED' && fate !== 'answered')) return false;
  if (fate === 'unsent') return true;
  if (fate === 'sent') return harmless;
  return error.retryable;
}

/** A callee marks what its action threw: the code may be one of those that did not run, the action has. */
export const hasRun = ({ details }: MeshError): boolean => details?.['ran'] === true;

/** How long an instance that refused for now is not preferred. */
export function avoidedMs({ details }: MeshError): number {
  const retryAfterMs = details?.['retryAfterMs'];
  return typeof retryAfterMs === 'number' && retryAfterMs >= 0 ? retryAfterMs : limits.refusalAvoidedMs;
}
