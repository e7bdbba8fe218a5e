/**
 * Ends its process when the time or the memory that it was given is used up, or when who started it is gone. A thread of
 * its own, because the process is inside of SQLite then, where no timer fires and no signal is handled.
 */
import { parentPort, workerData } from 'node:worker_threads';

interface Bounds {
  readonly timeoutMs: number;
  readonly memoryBytesMax: number;
  readonly parentPid: number;
}

const LOOK_MS = 50;
const { timeoutMs, memoryBytesMax, parentPid }: Bounds = workerData;
const startedMs = performance.now();

setInterval(() => {
  const isOver = performance.now() - startedMs > timeoutMs || process.memoryUsage.rss() > memoryBytesMax;
  if (isOver || process.ppid !== parentPid) process.kill(process.pid, 'SIGKILL');
}, LOOK_MS);
parentPort?.postMessage('watching');
