/**
 * The subscriber's side of the events row, for us and for the peer alike: every event is counted, each must follow the
 * one before, and the publisher hears now and then how far the count is.
 */
import { within } from '../common/core/clock.js';
import { seqOf } from './load.js';
import { PROBE } from './publishing.js';
import { machineMs, serveTasks, tellNews } from './worker-channel.js';

export interface ArrivedRun {
  /** On the machine's clock. */
  readonly endMs: number;
}

/** @returns what to call with the decoded body of each event. */
export function serveArriving(): (body: unknown) => void {
  let nextSeq = 0;
  let gap: string | undefined;
  let reached: () => void = () => undefined;
  let awaited = Number.POSITIVE_INFINITY;
  let arrived: () => void = () => undefined;
  const heard = new Promise<void>((resolve) => {
    reached = resolve;
  });

  serveTasks({
    reached: async () => {
      await heard;
      tellNews(0);
    },
    /** Resolves when that many events have arrived since the start. */
    arrived: async (count): Promise<ArrivedRun> => {
      const all = new Promise<void>((resolve) => {
        arrived = resolve;
        awaited = count;
        if (nextSeq >= count) resolve();
      });
      await within(all, LOST_AFTER_MS, () => new Error(`events were lost: ${nextSeq} of ${count} arrived`));
      if (gap !== undefined) throw new Error(gap);
      return { endMs: machineMs() };
    },
  });

  return (body) => {
    const seq = seqOf(body);
    if (seq === PROBE) return reached();
    if (seq !== nextSeq) gap ??= `events were lost: ${nextSeq} was due when ${seq} arrived`;
    nextSeq = seq + 1;
    if (nextSeq % COUNT_EVERY === 0) tellNews(nextSeq);
    if (nextSeq >= awaited) arrived();
  };
}

const COUNT_EVERY = 4_096;
const LOST_AFTER_MS = 10_000;
