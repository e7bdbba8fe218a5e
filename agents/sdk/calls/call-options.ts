/** What a caller may say about its call, checked and completed with what its policy and the call around it say. Pure. */
import { MeshError } from '../../../common/core/errors.js';
import { limits } from '../../../common/core/limits.js';
import type { CallPolicy } from '../../../common/protocol/call-policy.js';
import { priorityFirst, priorityLast, type RequestMeta } from '../../../common/protocol/request-meta.js';
import type { CallOptions, CallOrigin } from './call.js';

/**
 * How long the call may take. The time of the call around it is an upper bound: its own caller waits no longer.
 * @throws EXPIRED when there is none left
 */
export function timeoutOf(
  options: CallOptions,
  policy: CallPolicy | undefined,
  origin: CallOrigin | undefined,
): number {
  const ownMs = options.timeoutMs ?? policy?.timeoutMs;
  const leftMs = origin?.remainingMs() ?? Number.POSITIVE_INFINITY;
  const timeoutMs = Math.min(ownMs ?? (origin === undefined ? limits.requestTimeoutMs : leftMs), leftMs);
  if (timeoutMs === Number.POSITIVE_INFINITY) return limits.requestTimeoutMs;
  if (timeoutMs > 0) return timeoutMs;
  throw new MeshError('EXPIRED', 'the call was not made: its time was over before', {
    hint: leftMs <= 0 ? 'the call in which it was to be made has no time left' : 'give it a timeoutMs above 0',
  });
}

/** What travels beside the input, but for its time and its caller. */
export function adviceOf({ priority, idempotencyKey: key }: CallOptions, origin: CallOrigin | undefined): RequestMeta {
  const trace = origin?.trace;
  return {
    ...(priority === undefined ? {} : { priority }),
    ...(key === undefined ? {} : { key }),
    ...(trace === undefined ? {} : { trace }),
  };
}

/** How often it may be made again. */
export const retriesOf = (options: CallOptions, policy: CallPolicy | undefined): number =>
  options.retries ?? policy?.retries ?? limits.callRetries;

/** @throws INVALID_INPUT naming the option */
export function checkOptions({ timeoutMs, retries, priority, idempotencyKey }: CallOptions): void {
  if (timeoutMs !== undefined && (typeof timeoutMs !== 'number' || Number.isNaN(timeoutMs)))
    throw invalid('timeoutMs', timeoutMs, 'a number of milliseconds');
  if (retries !== undefined && !isWhole(retries, 0, limits.callRetriesMax))
    throw invalid('retries', retries, `a whole number from 0 to ${limits.callRetriesMax}`);
  if (priority !== undefined && !isWhole(priority, priorityFirst, priorityLast))
    throw invalid('priority', priority, `a whole number from ${priorityFirst} to ${priorityLast}`);
  if (idempotencyKey !== undefined && !isKey(idempotencyKey))
    throw invalid('idempotencyKey', idempotencyKey, `a text of 1 to ${limits.idempotencyKeyLengthMax} characters`);
}

const isWhole = (value: unknown, min: number, max: number): boolean =>
  Number.isInteger(value) && (value as number) >= min && (value as number) <= max;

const isKey = (value: unknown): boolean =>
  typeof value === 'string' && value.length > 0 && value.length <= limits.idempotencyKeyLengthMax;

const invalid = (option: string, value: unknown, wanted: string): MeshError =>
  new MeshError('INVALID_INPUT', `${JSON.stringify(value)?.slice(0, 200)} cannot be the ${option} of a call`, {
    hint: `it is ${wanted}`,
  });
