/**
 * Names of the files that make up the log of one process, and of the states between two of them: what a crash leaves
 * behind is told by its name alone. Pure.
 *
 *   echo.log                                                  what the process writes
 *   echo.log.000000000000000-000000016777216.20260131T120000Z  a piece of its past: from byte to byte, and when it was cut
 *   echo.log.….gz                                             the same, compressed
 *   echo.log.….gz.part, echo.log.copying                      half done: worth nothing
 *   echo.log.cutting-<skipped>-<marker>                       copied; whether the log was truncated is to be found out
 *   echo.log.times                                            when its bytes were written
 *   echo.log.1                                                moved aside by whoever started the node anew
 */
import { join } from 'node:path';

export interface PieceSpan {
  /** Bytes since the log began, however often it was cut. */
  readonly start: number;
  readonly end: number;
  /** When it was cut: nothing in it is younger. */
  readonly wallMs: number;
}

export interface Cutting {
  /** Bytes of the log that were not copied. */
  readonly skippedBytes: number;
  /** Bytes at the beginning of the copy that are not the process's: they say what was skipped. */
  readonly markerBytes: number;
}

export type LogFileName =
  | { readonly kind: 'current' | 'half' | 'times' | 'aside'; readonly agent: string }
  | { readonly kind: 'cutting'; readonly agent: string; readonly cutting: Cutting }
  | { readonly kind: 'piece'; readonly agent: string; readonly span: PieceSpan; readonly isArchived: boolean };

const NAME = /^([a-z][a-z0-9-]*)\.log(?:\.(.+))?$/;
const PIECE = /^(\d{15})-(\d{15})\.(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z(\.gz)?$/;
const CUTTING = /^cutting-(\d+)-(\d+)$/;

/** Undefined for a file that is none of ours. */
export function parseLogFileName(name: string): LogFileName | undefined {
  const [, agent, rest] = NAME.exec(name) ?? [];
  if (agent === undefined) return undefined;
  if (rest === undefined) return { kind: 'current', agent };
  if (rest === 'times') return { kind: 'times', agent };
  if (rest === '1') return { kind: 'aside', agent };
  if (rest === 'copying' || rest.endsWith('.part')) return { kind: 'half', agent };
  const cutting = CUTTING.exec(rest);
  if (cutting !== null) {
    return { kind: 'cutting', agent, cutting: { skippedBytes: Number(cutting[1]), markerBytes: Number(cutting[2]) } };
  }
  const piece = PIECE.exec(rest);
  if (piece === null) return undefined;
  const [, start, end, year, month, day, hour, minute, second, archived] = piece;
  const wallMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  const span = { start: Number(start), end: Number(end), wallMs };
  return { kind: 'piece', agent, span, isArchived: archived !== undefined };
}

export class LogPaths {
  readonly current: string;
  readonly copying: string;
  readonly times: string;
  readonly aside: string;

  constructor(folder: string, agent: string) {
    this.current = join(folder, `${agent}.log`);
    this.copying = `${this.current}.copying`;
    this.times = `${this.current}.times`;
    this.aside = `${this.current}.1`;
  }

  cutting({ skippedBytes, markerBytes }: Cutting): string {
    return `${this.current}.cutting-${skippedBytes}-${markerBytes}`;
  }

  piece({ start, end, wallMs }: PieceSpan): string {
    const digits = (offset: number): string => String(offset).padStart(15, '0');
    const time = new Date(wallMs).toISOString().replace(/[-:]|\.\d+/g, '');
    return `${this.current}.${digits(start)}-${digits(end)}.${time}`;
  }
}

export const archiveOf = (piece: string): string => `${piece}.gz`;
export const partOf = (file: string): string => `${file}.part`;
