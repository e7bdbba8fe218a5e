/**
 * The program that looks after a store beside its writer: backs it up, walks its hashes, answers questions about it. A
 * process of its own, with the least priority: whatever a question costs, and however it ends, the node that asked goes
 * on. One job on standard input, its answer on standard output; it ends by itself when its time or memory is used up, or
 * when who started it is gone.
 */
import { writeSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';
import { systemClock } from '../../core/clock.js';
import { toMeshError } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import { backUp } from './backup.js';
import type { CareJob, CareLine } from './care-job.js';
import { query } from './query.js';
import { type Progress, verifyStore } from './verify-store.js';

async function main(): Promise<void> {
  const job = await firstLine();
  if (job.kind !== 'query') setPriority(constants.priority.PRIORITY_LOW);
  await watched(job);
  say(await answerOf(job));
  process.exit(0);
}

async function firstLine(): Promise<CareJob> {
  for await (const line of createInterface({ input: process.stdin })) return JSON.parse(line);
  process.exit(1); // nobody asks any more
}

function watched({ timeoutMs, memoryBytesMax, parentPid }: CareJob): Promise<void> {
  const entry = new URL('./care-watch-worker.js', import.meta.url);
  const watch = new Worker(entry, { workerData: { timeoutMs, memoryBytesMax, parentPid } });
  return new Promise((resolve, reject) => {
    watch.once('message', () => resolve());
    watch.once('error', reject);
  });
}

async function answerOf(job: CareJob): Promise<CareLine> {
  try {
    return { answer: await run(job) };
  } catch (thrown) {
    return { failure: toMeshError(thrown).toBody() };
  }
}

function run(job: CareJob): unknown {
  switch (job.kind) {
    case 'backup':
      return backUp(job.options, tellProgress);
    case 'verify':
      return verifyStore(job.options.file, job.options.kind, tellProgress);
    case 'query':
      return query(job.options);
  }
}

let toldMs = systemClock.monotonicMs();

function tellProgress(progress: Progress): void {
  const nowMs = systemClock.monotonicMs();
  if (nowMs - toldMs < limits.careProgressMs) return;
  toldMs = nowMs;
  say({ progress });
}

/** Synchronously, for what follows may hold the loop or end the process. */
function say(line: CareLine): void {
  const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
  for (let at = 0; at < bytes.length; ) at += writeSync(1, bytes, at);
}

main().catch((thrown: unknown) => {
  process.stderr.write(`${toMeshError(thrown).stack}\n`);
  process.exit(1);
});
