/** A call under a policy as the command line shows it: who made it, what was tried, and what came of it. Pure. */
import type { Output as Answer } from '../../common/protocol/catalogue.js';
import type { Colors, ListForm } from '../terminal/output.js';
import { clockText, isoText } from '../terminal/quantity.js';

type CallRecord = Answer<'mesh.calls'>['calls'][number];

export interface CallRow extends Omit<CallRecord, 'tsMs'> {
  /** `agent@machine` */
  readonly caller: string;
  readonly ts: string;
}

export const callRowOf = (caller: string, { tsMs, ...record }: CallRecord): CallRow => ({
  caller,
  ts: isoText(tsMs),
  ...record,
  durationMs: Math.round(record.durationMs),
  waitedMs: Math.round(record.waitedMs),
  attempts: record.attempts.map((attempt) => ({ ...attempt, durationMs: Math.round(attempt.durationMs) })),
});

export const callForm = (colors: Colors): ListForm<CallRow> => ({
  columns: [
    { head: 'time', value: ({ ts }) => clockText(Date.parse(ts)) },
    { head: 'caller', value: ({ caller }) => caller },
    { head: 'took', value: ({ durationMs }) => `${durationMs}ms` },
    { head: 'result', value: (row) => resultText(row, colors) },
    { head: 'what was tried', value: (row) => triedText(row) },
  ],
  name: ({ caller, ts }) => `${caller} ${ts}`,
  empty: '',
});

function resultText({ code, fallback }: CallRow, { green, yellow, red }: Colors): string {
  if (code !== '') return red(code);
  return fallback === '' ? green('ok') : yellow('fallback');
}

/** `vision@pc2 TIMED_OUT 200ms (half-open), vision@main ok 3ms, then small.detect`. */
function triedText({ attempts, waitedMs, fallback }: CallRow): string {
  const parts = attempts.map(({ instance, code, durationMs, breaker }) => {
    const state = breaker === 'closed' ? '' : ` (${breaker})`;
    return `${instance} ${code || 'ok'} ${durationMs}ms${state}`;
  });
  if (waitedMs > 0) parts.unshift(`waited ${waitedMs}ms for room`);
  if (parts.length === 0) parts.push('not sent');
  return `${parts.join(', ')}${fallback === '' ? '' : `, then ${fallback}`}`;
}
