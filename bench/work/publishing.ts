/**
 * The publisher's side of the events row, for us and for the peer alike: as many events as it can, but never more than a
 * window ahead of what the subscriber has counted, because nothing on this plane would wait by itself.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { delay } from '../../common/core/clock.js';
import { machineMs, serveTasks } from './worker-channel.js';

export interface PublishedRun {
  /** On the machine's clock. */
  readonly startMs: number;
  /** Events since the worker's start, this run's among them. */
  readonly publishedCount: number;
}

/** Sends the events numbered from `first` up to and without `end`. */
export type PublishBurst = (first: number, end: number) => unknown;

export function servePublishing(publish: PublishBurst): void {
  let publishedCount = 0;
  let countedBySubscriber = 0;
  let reached = false;
  let onCounted: () => void = () => undefined;
  const counted = () =>
    new Promise<void>((resolve) => {
      onCounted = resolve;
    });

  serveTasks(
    {
      /** Until the subscriber has said that it hears us: subscriptions travel, and what is published before is lost. */
      reach: async () => {
        const endMs = machineMs() + UNHEARD_MS;
        while (!reached) {
          if (machineMs() > endMs) throw new Error('no subscriber has said that it hears us');
          await publish(PROBE, PROBE + 1);
          await delay(PROBE_INTERVAL_MS);
        }
      },
      publish: async (durationMs): Promise<PublishedRun> => {
        const startMs = machineMs();
        while (machineMs() - startMs < durationMs) {
          await publish(publishedCount, publishedCount + BURST);
          publishedCount += BURST;
          await nextTurn();
          while (publishedCount - countedBySubscriber > WINDOW) await counted();
        }
        return { startMs, publishedCount };
      },
    },
    (count) => {
      reached = true;
      countedBySubscriber = count;
      onCounted();
    },
  );
}

/** Published in one turn of the event loop, as an agent does that has something to tell. */
const BURST = 512;
/** Far above what is on its way at any rate, far below any queue's bound. */
const WINDOW = 65_536;
export const PROBE = -1;
const PROBE_INTERVAL_MS = 10;
/** Some more than a subscriber waits, which knows better what is wrong. */
const UNHEARD_MS = 15_000;
