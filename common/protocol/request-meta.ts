/**
 * What travels beside a request's body: advice for whoever answers it. What is missing or odd is left out when it is
 * read, never a reason to refuse; what nobody asked for is never sent.
 */
import { limits } from '../core/limits.js';

export interface RequestMeta {
  /** Time the requester still waits, in milliseconds: later work is in vain. */
  readonly timeoutMs?: number;
  /** `agent@machine` of the requester, for logs: a claim, not a proof. */
  readonly from?: string;
  /** 0 is served first, 9 last; `priorityDefault` when nothing is said. */
  readonly priority?: number;
  /** Idempotency key: requests for one action that bear the same one are one request, repeated. */
  readonly key?: string;
  /** W3C traceparent of the work that this request is part of. */
  readonly trace?: string;
  /** Asks for a stream: so many items may come before more are allowed. At least 1. */
  readonly credit?: number;
  /** Asks for the times of the answer, though it did not wait. */
  readonly timings?: boolean;
}

/** How long a request waited at its callee and how long it ran: beside its reply, where it waited or was asked for. */
export interface ReplyTimings {
  readonly queueMs: number;
  readonly runMs: number;
}

export const priorityFirst = 0;
export const priorityLast = 9;
export const priorityDefault = 5;

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Built plainly: it is read per request. */
export function readMeta(value: unknown): RequestMeta {
  const meta: Writable<RequestMeta> = {};
  if (typeof value !== 'object' || value === null) return meta;
  const { timeoutMs, from, priority, key, trace, credit, timings } = value as Record<string, unknown>;
  if (typeof timeoutMs === 'number' && timeoutMs >= 0) meta.timeoutMs = timeoutMs;
  if (typeof from === 'string' && from.length <= limits.topicLengthMax) meta.from = from;
  if (isWhole(priority, priorityFirst, priorityLast)) meta.priority = priority;
  if (isText(key, limits.idempotencyKeyLengthMax)) meta.key = key;
  if (isText(trace, limits.traceLengthMax)) meta.trace = trace;
  // More than there may be is as much as there may be.
  if (isWhole(credit, 1, Number.MAX_SAFE_INTEGER)) meta.credit = Math.min(credit, limits.streamCreditMax);
  if (timings === true) meta.timings = true;
  return meta;
}

/** Undefined where there are none, or where they make no sense. */
export function readTimings(value: unknown): ReplyTimings | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { queueMs, runMs } = value as Record<string, unknown>;
  return isDuration(queueMs) && isDuration(runMs) ? { queueMs, runMs } : undefined;
}

const isWhole = (value: unknown, min: number, max: number): value is number =>
  Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max;

const isText = (value: unknown, lengthMax: number): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= lengthMax;

const isDuration = (value: unknown): value is number => typeof value === 'number' && value >= 0;
