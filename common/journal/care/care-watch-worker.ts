/**
 * Ends its process when the time or the memory that it was given is used up, or when who started it is gone. A thread of
 * its own, because the process is inside of SQLite then, where no timer fires and no signal is handled.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../../core/clock.js';

interface Bounds {
  readonly timeoutMs: number;
  readonly memoryBytesMax: number;
  readonly parentPid: number;
}

const LOOK_MS = 50;
const { timeoutMs, memoryBytesMax, parentPid }: Bounds = workerData;
const startedMs = systemClock.monotonicMs();

setInterval(() => {
  const isOver = systemClock.monotonicMs() - startedMs > timeoutMs || process.memoryUsage.rss() > memoryBytesMax;
  if (isOver || process.ppid !== parentPid) process.kill(process.pid, 'SIGKILL');
}, LOOK_MS);
parentPort?.postMessage('watching');
