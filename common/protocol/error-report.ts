/**
 * The body of a record on the stream `errors`: one failure, told so that somebody can act on it at night.
 * The machine, agent, epoch and time stand in the record around it.
 */
import { type Static, Type } from 'typebox';
import { limits } from '../core/limits.js';

/** The stream that carries the error bus. */
export const ERRORS_STREAM = 'errors';

export const severities = ['info', 'warning', 'error', 'critical'] as const;
export type Severity = (typeof severities)[number];

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
      Type.Record(Type.String({ maxLength: limits.nameLengthMax }), Type.Unknown(), {
        maxProperties: 64,
        description: 'facts that help to act on it',
      }),
    ),
  },
  { additionalProperties: false },
);
export type ErrorReport = Static<typeof ErrorReport>;

/** What an agent's author hands to `report`: everything but the message has a default. */
export type ErrorReportInput = Partial<ErrorReport> & { readonly message: string };

/** Fills the defaults and cuts what is too long, and says so in the text: a report is never refused for its size. */
export function completeReport(input: ErrorReportInput): ErrorReport {
  return {
    code: cut(input.code ?? 'REPORTED', limits.nameLengthMax),
    message: cut(input.message, limits.errorTextMax),
    severity: input.severity ?? 'error',
    component: cut(input.component ?? 'agent', limits.nameLengthMax),
    ...(input.stack === undefined ? {} : { stack: cut(input.stack, limits.errorStackMax) }),
    ...(input.context === undefined ? {} : { context: boundedContext(input.context) }),
  };
}

/** A thrown value as a report: its name, text and stack, and the chain of its causes in the context. */
export function reportOf(thrown: unknown, rest: Partial<ErrorReport> = {}): ErrorReport {
  if (!(thrown instanceof Error)) return completeReport({ message: String(thrown), ...rest });
  const code = 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : thrown.name;
  const causes: string[] = [];
  for (
    let cause = thrown.cause;
    cause !== undefined && causes.length < 8;
    cause = cause instanceof Error ? cause.cause : undefined
  ) {
    causes.push(cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause));
  }
  return completeReport({
    code,
    message: thrown.message,
    ...(thrown.stack === undefined ? {} : { stack: thrown.stack }),
    ...(causes.length === 0 ? {} : { context: { causes } }),
    ...rest,
  });
}

const cut = (text: string, lengthMax: number): string =>
  text.length <= lengthMax ? text : `${text.slice(0, lengthMax - 14)} … [truncated]`;

/** The context as plain JSON data within its bound; what does not fit is replaced by a note of its size. */
function boundedContext(context: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries(context).slice(0, 64);
  let roomBytes = limits.errorContextBytesMax;
  const kept: Record<string, unknown> = {};
  for (const [key, value] of entries) {
    const text = jsonOf(value);
    roomBytes -= text.length + key.length;
    kept[cut(key, limits.nameLengthMax)] = roomBytes >= 0 ? JSON.parse(text) : `[left out: ${text.length} characters]`;
  }
  return kept;
}

function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? String(part) : part)) ?? 'null';
  } catch {
    return JSON.stringify(`[not representable: ${typeof value}]`);
  }
}
