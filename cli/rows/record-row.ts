/** Records of main's log as `stream tail` and `error tail` show them. Pure. */
import type { LogRecordBody } from '../../common/protocol/catalogue.js';
import { groupOf } from '../../common/protocol/errors/fingerprint.js';
import { decode } from '../../common/protocol/frames/codec.js';
import { jsonText } from '../terminal/json-text.js';
import type { Colors } from '../terminal/output.js';
import { clockText, isoText } from '../terminal/quantity.js';

export interface RecordRow {
  /** Position in main's log: where `--from` goes on. */
  readonly id: number;
  readonly stream: string;
  readonly machine: string;
  readonly agent: string;
  readonly seq: number;
  readonly ts: string;
  /** What it is about, where its emitter said. */
  readonly key?: string;
  readonly body: unknown;
  readonly epoch: number;
  readonly journalId: string;
  /** `damaged`: it is not what was stored; see `mesh journal verify`. */
  readonly integrity: string;
}

export interface ErrorRow extends RecordRow {
  readonly code: string;
  readonly message: string;
  readonly severity: string;
  readonly fingerprint: string;
  /** How many occurrences this record stands for. */
  readonly count: number;
}

export function recordRowOf(record: LogRecordBody): RecordRow {
  const { id, stream, machine, agent, seq, tsMs, epoch, journalId, integrity, key } = record;
  const ts = isoText(tsMs);
  const about = key === undefined ? {} : { key };
  return { id, stream, machine, agent, seq, ts, ...about, body: bodyOf(record.body), epoch, journalId, integrity };
}

/** A record of the stream `errors`. A body that is no report is shown as it is, under a code that says so. */
export function errorRowOf(record: LogRecordBody): ErrorRow {
  const row = recordRowOf(record);
  const group = groupOf(record.body, record.agent);
  if (group === undefined) {
    return { ...row, code: 'UNREADABLE', message: jsonText(row.body), severity: 'error', fingerprint: '', count: 1 };
  }
  const { code, message, severity, count = 1 } = group.report;
  return { ...row, code, message, severity, fingerprint: group.fingerprint, count };
}

/** A foreign emitter may seal anything into a body: what is not MessagePack is shown as bytes. */
function bodyOf(body: Uint8Array): unknown {
  try {
    return decode(body);
  } catch {
    return { base64: Buffer.from(body).toString('base64') };
  }
}

export const recordLine = (row: RecordRow, colors: Colors): string =>
  `${placeText(row, colors)} ${row.agent}@${row.machine} ${colors.cyan(row.stream)} ${row.key === undefined ? '' : `${row.key} `}${jsonText(row.body)}`;

export function errorLine(row: ErrorRow, colors: Colors): string {
  const { severity, agent, machine, code, message, count } = row;
  const times = count === 1 ? '' : ` ${colors.dim(`(${count} times)`)}`;
  return `${placeText(row, colors)} ${severityText(severity, colors)} ${agent}@${machine} ${colors.bold(code)} ${message}${times}`;
}

const placeText = ({ id, ts, integrity }: RecordRow, { dim, red }: Colors): string =>
  `${dim(`${id} ${clockText(Date.parse(ts))}`)}${integrity === 'damaged' ? ` ${red('DAMAGED')}` : ''}`;

export function severityText(severity: string, { red, yellow, cyan, bold }: Colors): string {
  if (severity === 'critical') return bold(red(severity));
  if (severity === 'error') return red(severity);
  return severity === 'warning' ? yellow(severity) : cyan(severity);
}
