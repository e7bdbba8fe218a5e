/**
 * The subscriber's side of the event rows, for us and for the peers alike: every event is counted by every handler, each
 * must follow the one before, and the publisher hears now and then how far the count is.
 */
import { within } from '../../common/core/clock.js';
import { seqOf } from './load.js';
import { PROBE } from './publishing.js';
import { machineMs, serveTasks, tellNews } from './worker-channel.js';

export interface ArrivedRun {
  /** On the machine's clock. */
  readonly endMs: number;
}

/** Told the decoded body of each event. */
export type Handler = (body: unknown) => void;

/** @returns that many handlers, each of which must be told of every event. */
export function serveArriving(handlerCount: number): readonly Handler[] {
  let arrivedCount = 0;
  let gap: string | undefined;
  let awaited = Number.POSITIVE_INFINITY;
  let arrived: () => void = () => undefined;
  let deaf = handlerCount;
  let reached: () => void = () => undefined;
  const heard = new Promise<void>((resolve) => {
    reached = resolve;
  });
  // The handlers of a process are told of an event one right after the other, so a mean says how far they are.
  const newsEvery = COUNT_EVERY * handlerCount;

  serveTasks({
    /** Resolves when every handler has been told of something. */
    reached: async () => {
      await within(heard, LOST_AFTER_MS, () => new Error('no event arrived: publisher and subscriber do not meet'));
      tellNews(0);
    },
    /** Resolves when every handler has been told of that many events since the start. */
    arrived: async (count): Promise<ArrivedRun> => {
      const all = new Promise<void>((resolve) => {
        arrived = resolve;
        awaited = count * handlerCount;
        if (arrivedCount >= awaited) resolve();
      });
      const lost = () => new Error(`events were lost: ${arrivedCount} of ${awaited} arrived`);
      await within(all, LOST_AFTER_MS, lost);
      if (gap !== undefined) throw new Error(gap);
      return { endMs: machineMs() };
    },
  });

  const handler = (): Handler => {
    let nextSeq = 0;
    let probed = false;
    return (body) => {
      const seq = seqOf(body);
      if (seq === PROBE) {
        if (!probed && --deaf === 0) reached();
        probed = true;
        return;
      }
      if (seq !== nextSeq) gap ??= `events were lost: ${nextSeq} was due when ${seq} arrived`;
      nextSeq = seq + 1;
      if (++arrivedCount % newsEvery === 0) tellNews(arrivedCount / handlerCount);
      if (arrivedCount >= awaited) arrived();
    };
  };
  return Array.from({ length: handlerCount }, handler);
}

const COUNT_EVERY = 4_096;
const LOST_AFTER_MS = 10_000;
