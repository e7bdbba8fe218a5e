/**
 * Records of main's log: the last ones, then those that come, in their order and each once. While the log is away it
 * waits, says so once, and goes on after the last id it has shown; where ids are given out again, at the first of these.
 */
import { delay, systemClock } from '../../common/core/clock.js';
import { errorTable, MeshError } from '../../common/core/errors.js';
import { limits } from '../../common/core/limits.js';
import { nearest } from '../../common/core/nearest.js';
import type { Input, LogRecordBody } from '../../common/protocol/catalogue.js';
import { LogLineage } from '../../common/protocol/log-lineage.js';
import type { RequestClient } from '../../common/wire/asking/request-client.js';
import type { Arguments } from '../line/arguments.js';
import { parseMoment } from '../line/moment.js';
import type { OptionSpec } from '../line/option-spec.js';
import { nameOption } from '../line/registry-filter.js';

export interface LogTailOptions {
  readonly filter: Pick<Input<'log.read'>, 'stream' | 'machine' | 'agent'>;
  /** How many of the past to begin with; or where to begin instead. */
  readonly last: number;
  readonly from: TailPlace | undefined;
  readonly follow: boolean;
  readonly signal: AbortSignal;
  readonly connect: () => Promise<RequestClient>;
  readonly onRecord: (record: LogRecordBody) => Promise<void> | void;
  /** The log is away, or back again. */
  readonly onLink: (problem: MeshError | undefined) => void;
  /** The log's file was put back or begun anew: what follows that id is not what was shown. */
  readonly onReplaced: (lastSharedId: number) => void;
}

export type TailPlace = 'start' | 'new' | { readonly id: number } | { readonly timeMs: number };

const LAST_DEFAULT = 10;

export const tailOptions: readonly OptionSpec[] = [
  { flags: '-n, --last <count>', description: `begin with the last ones; default ${LAST_DEFAULT}` },
  {
    flags: '--from <place>',
    description: 'begin with the oldest (start), the next (new), an id of the log, or a time (10m)',
  },
  { flags: '--no-follow', description: 'end after what is there' },
  { flags: '-f, --follow', description: 'go on as they come; the default' },
  { flags: '--agent <name>', description: 'only of that agent' },
  { flags: '--on <machine>', description: 'only of that machine' },
];

export function tailArguments(args: Arguments, machine: string | undefined) {
  const agent = nameOption(args, 'agent');
  const on = nameOption(args, 'on') ?? machine;
  const from = args.text('from');
  return {
    filter: { ...(agent === undefined ? {} : { agent }), ...(on === undefined ? {} : { machine: on }) },
    last: args.count('last', { max: limits.logReadMax }) ?? LAST_DEFAULT,
    from: from === undefined ? undefined : tailPlace(from, systemClock.wallMs()),
    follow: !args.isOff('follow'),
  };
}

/** A place as it is typed. @throws MeshError USAGE */
export function tailPlace(text: string, nowMs: number): TailPlace {
  if (text === 'start' || text === 'new') return text;
  if (/^[1-9]\d{0,14}$/.test(text)) return { id: Number(text) };
  try {
    return { timeMs: parseMoment(text, nowMs) };
  } catch {
    const near = nearest(text, ['start', 'new']);
    throw new MeshError('USAGE', `--from "${text.slice(0, 100)}" is no place in the log`, {
      hint: 'write start, new, an id, how long ago (10m, 2h) or when (2026-01-31T12:00)',
      ...(near === undefined ? {} : { details: { didYouMean: `--from ${near}` } }),
    });
  }
}

const whereOf = (from: TailPlace | undefined, last: number): Input<'log.read'> => {
  if (from === undefined) return { last };
  if (from === 'new') return { last: 0 };
  if (from === 'start') return { afterId: 0, limit: limits.logReadMax };
  const place = 'id' in from ? { afterId: from.id - 1 } : { fromMs: from.timeMs };
  return { ...place, limit: limits.logReadMax };
};

/** Resolves when all that is there was shown and `follow` is off, or with the signal. @throws MeshError UNREACHABLE at first */
export async function tailLog(options: LogTailOptions): Promise<void> {
  const { filter, last, from, follow, signal, onRecord, onLink } = options;
  const lineage = new LogLineage();
  let log = await options.connect();
  let where = whereOf(from, last);
  let away = false;
  while (!signal.aborted) {
    // When it was away it may be another log that is back, in which nothing is behind this place.
    const waitMs = follow && !away && where.last === undefined ? limits.longPollMsMax / 3 : 0;
    try {
      const timeoutMs = waitMs + limits.requestTimeoutMs;
      const page = await log.request('log.read', { ...filter, ...where, waitMs }, { signal, timeoutMs });
      const { records, nextId, epoch } = page;
      if (follow && epoch !== undefined && !lineage.isAt(epoch)) {
        const lastSharedId = lineage.learn((await log.request('log.openings', {}, { signal })).openings);
        if ((where.afterId ?? 0) > lastSharedId) {
          options.onReplaced(lastSharedId);
          where = { afterId: lastSharedId, limit: limits.logReadMax };
          continue;
        }
      }
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

export const replacedText = (lastSharedId: number): string =>
  `main’s log was put back or begun anew: going on behind id ${lastSharedId}, where it parted from what it was`;

const isAway = ({ code }: MeshError): boolean =>
  errorTable[code].exitCode === errorTable.UNREACHABLE.exitCode || code === 'TIMED_OUT';
