/**
 * Records of main's log: the last ones, then those that come, in their order and each once. While the log is away it
 * waits, says so once, and goes on after the last id it has shown.
 */
import { delay } from '../common/core/clock.js';
import { errorTable, MeshError } from '../common/core/errors.js';
import { limits } from '../common/core/limits.js';
import type { Input, LogRecordBody } from '../common/protocol/catalogue.js';
import type { RequestClient } from '../common/wire/request-client.js';
import type { Arguments } from './arguments.js';
import type { OptionSpec } from './option-spec.js';
import { nameOption } from './registry-filter.js';

export interface LogTailOptions {
  readonly filter: Pick<Input<'log.read'>, 'stream' | 'machine' | 'agent'>;
  /** How many of the past to begin with; or the id after which to begin. */
  readonly last: number;
  readonly fromId: number | undefined;
  readonly follow: boolean;
  readonly signal: AbortSignal;
  readonly connect: () => Promise<RequestClient>;
  readonly onRecord: (record: LogRecordBody) => Promise<void> | void;
  /** The log is away, or back again. */
  readonly onLink: (problem: MeshError | undefined) => void;
}

const LAST_DEFAULT = 10;

export const tailOptions: readonly OptionSpec[] = [
  { flags: '-n, --last <count>', description: `begin with the last ones; default ${LAST_DEFAULT}` },
  { flags: '--from <id>', description: 'begin with that id of the log' },
  { flags: '--no-follow', description: 'end after what is there' },
  { flags: '-f, --follow', description: 'go on as they come; the default' },
  { flags: '--agent <name>', description: 'only of that agent' },
  { flags: '--on <machine>', description: 'only of that machine' },
];

export function tailArguments(args: Arguments, machine: string | undefined) {
  const agent = nameOption(args, 'agent');
  const on = nameOption(args, 'on') ?? machine;
  const fromId = args.count('from', { min: 1, max: Number.MAX_SAFE_INTEGER });
  return {
    filter: { ...(agent === undefined ? {} : { agent }), ...(on === undefined ? {} : { machine: on }) },
    last: args.count('last', { max: limits.logReadMax }) ?? LAST_DEFAULT,
    fromId,
    follow: !args.isOff('follow'),
  };
}

/** Resolves when all that is there was shown and `follow` is off, or with the signal. @throws MeshError UNREACHABLE at first */
export async function tailLog(options: LogTailOptions): Promise<void> {
  const { filter, last, fromId, follow, signal, onRecord, onLink } = options;
  let log = await options.connect();
  let where: Input<'log.read'> = fromId === undefined ? { last } : { afterId: fromId - 1, limit: limits.logReadMax };
  let away = false;
  while (!signal.aborted) {
    const waitMs = follow && where.last === undefined ? limits.longPollMsMax / 3 : 0;
    try {
      const timeoutMs = waitMs + limits.requestTimeoutMs;
      const { records, nextId } = await log.request('log.read', { ...filter, ...where, waitMs }, { signal, timeoutMs });
      if (away) onLink(undefined);
      away = false;
      for (const record of records) await onRecord(record);
      // The last ones are one answer; after an id there may be more than one answer holds.
      if (!follow && (where.last !== undefined || records.length === 0)) return;
      where = { afterId: nextId, limit: limits.logReadMax };
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof MeshError) || !follow || !isAway(error)) throw error;
      if (!away) onLink(error);
      away = true;
      await delay(limits.heartbeatIntervalMs, signal).catch(() => undefined);
      log = await options.connect().catch(() => log);
    }
  }
}

const isAway = ({ code }: MeshError): boolean =>
  errorTable[code].exitCode === errorTable.UNREACHABLE.exitCode || code === 'TIMED_OUT';
