/**
 * The body of a record on the stream `errors`: one failure, told so that somebody can act on it at night.
 * The machine, agent, epoch and time stand in the record around it.
 */

import { MeshError, messageOf, systemCodeOf } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import { type Static, Type } from '../type.js';
import { type Severity, severities } from './severity.js';

/** The stream that carries the error bus. */
export const ERRORS_STREAM = 'errors';
/** The stream on which main's log tells how groups of errors came to stand, and by whom. */
export const ERROR_STATUS_STREAM = 'error-status';

export type { Severity };

export const ErrorReport = Type.Object(
  {
    code: Type.String({
      minLength: 1,
      maxLength: limits.nameLengthMax,
      description: 'stable, upper-case, what one would search for',
    }),
    message: Type.String({ maxLength: limits.errorTextMax, description: 'what happened, to what' }),
    severity: Type.Enum([...severities], { description: 'how bad; default error' }),
    component: Type.String({
      maxLength: limits.nameLengthMax,
      description: 'the part that failed, as in network or journal',
    }),
    stack: Type.Optional(Type.String({ maxLength: limits.errorStackMax })),
    context: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), {
        propertyNames: { type: 'string', maxLength: limits.nameLengthMax },
        maxProperties: limits.errorContextKeysMax,
        description: 'facts that help to act on it',
      }),
    ),
    fingerprint: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: limits.topicLengthMax,
        description: 'reports with the same one are the same error, whatever else is in them',
      }),
    ),
    release: Type.Optional(
      Type.String({ maxLength: limits.nameLengthMax, description: 'of the program that failed, as in 1.4.2' }),
    ),
    count: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: limits.errorCountMax,
        description: 'occurrences that this report stands for; default 1',
      }),
    ),
    firstMs: Type.Optional(
      Type.Number({ minimum: 0, description: 'when the first of them was, in milliseconds since the Unix epoch' }),
    ),
    lastMs: Type.Optional(Type.Number({ minimum: 0, description: 'when the last of them was' })),
  },
  { additionalProperties: false },
);
export type ErrorReport = Static<typeof ErrorReport>;

/** What is handed to `report`: everything but the message has a default. */
export const ErrorReportInput = Type.Object(
  {
    message: ErrorReport.properties.message,
    code: Type.Optional(ErrorReport.properties.code),
    severity: Type.Optional(ErrorReport.properties.severity),
    component: Type.Optional(ErrorReport.properties.component),
    stack: ErrorReport.properties.stack,
    context: ErrorReport.properties.context,
    fingerprint: ErrorReport.properties.fingerprint,
    release: ErrorReport.properties.release,
    count: ErrorReport.properties.count,
    firstMs: ErrorReport.properties.firstMs,
    lastMs: ErrorReport.properties.lastMs,
  },
  { additionalProperties: false },
);
export type ErrorReportInput = Static<typeof ErrorReportInput>;

/**
 * Fills the defaults and cuts what is too long, and says so in the text: a report is never refused for its size. Nor for its
 * types, for a program without types throws what it likes, as `{ message, code: 404 }`, and one report that its node refuses
 * would take its whole batch with it: what can be said in words is, and the rest has its default.
 */
export function completeReport(input: ErrorReportInput): ErrorReport {
  const { stack, context } = input;
  const [code, message, component, fingerprint, release] = [
    input.code,
    input.message,
    input.component,
    input.fingerprint,
    input.release,
  ].map(wordsOf);
  return {
    code: cut(code || 'REPORTED', limits.nameLengthMax),
    message: cut(message ?? '', limits.errorTextMax),
    severity: severities.find((severity) => severity === input.severity) ?? 'error',
    component: cut(component ?? 'agent', limits.nameLengthMax),
    ...(typeof stack === 'string' ? { stack: cut(stack, limits.errorStackMax) } : {}),
    ...(typeof context === 'object' && context !== null ? { context: boundedContext(context) } : {}),
    ...(fingerprint ? { fingerprint: cut(fingerprint, limits.topicLengthMax) } : {}),
    ...(release ? { release: cut(release, limits.nameLengthMax) } : {}),
    ...foldOf(input),
  };
}

const wordsOf = (value: unknown): string | undefined =>
  typeof value === 'string'
    ? value
    : typeof value === 'number' || typeof value === 'bigint'
      ? String(value)
      : undefined;

/** How many occurrences a report stands for, and when they were; nothing where it stands for itself alone. */
function foldOf({ count, firstMs, lastMs }: ErrorReportInput): Pick<ErrorReport, 'count' | 'firstMs' | 'lastMs'> {
  return {
    ...(typeof count !== 'number'
      ? {}
      : { count: Math.min(Math.max(Math.trunc(count) || 1, 1), limits.errorCountMax) }),
    ...(isTime(firstMs) ? { firstMs } : {}),
    ...(isTime(lastMs) ? { lastMs } : {}),
  };
}

const isTime = (ms: number | undefined): ms is number => typeof ms === 'number' && Number.isFinite(ms) && ms >= 0;

/** A thrown value as a report: its name, text and stack, and in the context its causes, its details and the next step. */
export function reportOf(thrown: unknown, rest: Partial<ErrorReport> = {}): ErrorReport {
  if (!(thrown instanceof Error)) return completeReport({ message: messageOf(thrown), ...rest });
  const causes = causesOf(thrown);
  const context = {
    ...(causes.length === 0 ? {} : { causes }),
    ...(thrown instanceof MeshError ? thrown.details : {}),
    ...(thrown instanceof MeshError && thrown.hint !== undefined ? { next: thrown.hint } : {}),
    ...rest.context,
  };
  return completeReport({
    code: systemCodeOf(thrown) ?? thrown.name,
    message: messageOf(thrown),
    ...(typeof thrown.stack === 'string' ? { stack: thrown.stack } : {}),
    ...rest,
    ...(Object.keys(context).length === 0 ? {} : { context }),
  });
}

function causesOf(error: Error): string[] {
  const causes: string[] = [];
  let { cause } = error;
  while (cause !== undefined && causes.length < CAUSES_MAX) {
    causes.push(cause instanceof Error ? `${cause.name}: ${messageOf(cause)}` : messageOf(cause));
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return causes;
}

const CAUSES_MAX = 8;

const cut = (text: string, lengthMax: number): string =>
  text.length <= lengthMax ? text : `${text.slice(0, lengthMax - 14)} … [truncated]`;

/** The context as plain JSON data within its bound; what does not fit is replaced by a note of its size. */
function boundedContext(context: Record<string, unknown>): Record<string, unknown> {
  let roomBytes = limits.errorContextBytesMax;
  const kept = Object.keys(context)
    .slice(0, limits.errorContextKeysMax)
    .map((key): [string, unknown] => {
      const text = jsonOf(() => context[key]);
      const sizeBytes = Buffer.byteLength(text) + Buffer.byteLength(key);
      if (sizeBytes > roomBytes) return [cut(key, limits.nameLengthMax), `[left out: ${text.length} characters]`];
      roomBytes -= sizeBytes;
      return [cut(key, limits.nameLengthMax), JSON.parse(text)];
    });
  // fromEntries defines keys; an assignment to `__proto__` would do something else.
  return Object.fromEntries(kept);
}

function jsonOf(read: () => unknown): string {
  try {
    return JSON.stringify(read(), (_, part) => (typeof part === 'bigint' ? String(part) : part)) ?? 'null';
  } catch (error) {
    return JSON.stringify(`[not representable: ${messageOf(error)}]`);
  }
}
