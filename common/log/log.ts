/**
 * Structured logs, one JSON object a line on standard output: the only importer of pino. Whoever launched the process
 * gave it a file as standard output, so a log line never waits for another process and survives it.
 */
import { pino } from 'pino';
import type { LogLevel } from '../core/log-level.js';
import { LogOutput } from './log-output.js';

export interface AgentLog {
  debug(fields: object | string, message?: string): void;
  info(fields: object | string, message?: string): void;
  warn(fields: object | string, message?: string): void;
  error(fields: object | string, message?: string): void;
  /** A log whose lines all carry `fields` too. */
  child(fields: object): AgentLog;
}

/** @param bound what every line carries: machine, agent, epoch. Written synchronously: the last line before a crash is there. */
export function openLog(bound: Readonly<Record<string, unknown>>, level: LogLevel = 'info'): AgentLog {
  const output = new LogOutput((count) =>
    log.warn({ count }, 'lines of this log are lost: there was no room for them on the disk'),
  );
  const log = pino(
    {
      level,
      base: { ...bound, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    output,
  );
  return log;
}
