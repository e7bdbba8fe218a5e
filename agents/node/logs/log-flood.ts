/**
 * What is told of processes that write faster than their logs can be kept: once when it begins, and once, with all that
 * was dropped, when there has been peace for a while. Pure.
 */
import type { ErrorReportInput } from '../../../common/protocol/errors/error-report.js';

interface Flood {
  readonly startedMs: number;
  lastMs: number;
  droppedBytes: number;
  count: number;
}

/** Without a drop for so long, a flood is over. */
const PEACE_MS = 30_000;

export class LogFloods {
  readonly #floods = new Map<string, Flood>();
  droppedBytes = 0;

  /** @returns what is to be told, when this is the first drop of a flood */
  onDrop(instance: string, droppedBytes: number, nowMs: number): ErrorReportInput | undefined {
    this.droppedBytes += droppedBytes;
    const flood = this.#floods.get(instance);
    if (flood !== undefined) {
      Object.assign(flood, { lastMs: nowMs, droppedBytes: flood.droppedBytes + droppedBytes, count: flood.count + 1 });
      return undefined;
    }
    this.#floods.set(instance, { startedMs: nowMs, lastMs: nowMs, droppedBytes, count: 1 });
    return {
      code: 'LOG_FLOOD',
      severity: 'warning',
      component: 'log',
      message: `${instance} writes faster than its log can be kept: the middle of it is dropped, the last lines stay`,
      context: { instance, droppedBytes, next: `see what it writes with "mesh logs ${instance}"` },
    };
  }

  /** What is to be told of floods that are over. */
  onLook(nowMs: number): ErrorReportInput[] {
    const reports: ErrorReportInput[] = [];
    for (const [instance, { startedMs, lastMs, droppedBytes, count }] of this.#floods) {
      if (nowMs - lastMs < PEACE_MS) continue;
      this.#floods.delete(instance);
      reports.push({
        code: 'LOG_FLOOD_OVER',
        severity: 'info',
        component: 'log',
        message: `the log of ${instance} is kept whole again: ${droppedBytes} bytes of it were dropped`,
        context: { instance, droppedBytes, count, lastedMs: Math.round(lastMs - startedMs) },
      });
    }
    return reports;
  }
}
