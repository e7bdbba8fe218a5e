/**
 * A node with many agents, for as long as is wanted: quiet, and asked again and again as people and scripts ask, in turns.
 * What it takes is read from /proc: memory and files all the time, processor time while it is quiet.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Finding, Measure } from './figures.js';
import { Figures } from './figures.js';
import { cpuMsOf, openFilesOf, rssOf } from './process-census.js';
import { Random } from './random.js';
import { echo, TestFleet } from './test-fleet.js';
import type { TestMachine } from './test-machine.js';

export interface SoakOptions {
  readonly seed: number;
  readonly minutes: number;
  readonly agentCount: number;
  readonly onSample: (sample: SoakSample) => void;
}

export interface SoakSample {
  readonly elapsedMs: number;
  readonly rssMiB: number;
  readonly openFiles: number;
  /** Of one processor, since the sample before. */
  readonly cpuPercent: number;
  readonly isQuiet: boolean;
}

/** For many agents on a busy box. */
const UP_MS = 120_000;
const SAMPLE_MS = 5_000;
/** Of so many samples one half is quiet. */
const TURN_SAMPLES = 6;
/** Caches fill, code is compiled, the heap finds its size. */
const WARM_UP_SHARE = 0.25;
const WARM_UP_MS_MAX = 10 * 60_000;
/** Under this a slope says more about the last collection of garbage than about the program. */
const SLOPE_MS_MIN = 20 * 60_000;
const QUESTIONS_PER_SECOND = 20;
const MIB = 1024 * 1024;

/** What is promised, and judged when the run is long enough to show it. */
const LONG = {
  rss: { what: 'memory of the node', unit: 'MiB', of: 'max', atMost: 100 },
  growth: { what: 'growth of the node in ten minutes', unit: 'MiB', of: 'max', atMost: 1 },
  cpu: { what: 'one processor, while nobody asks', unit: '%', of: 'max', atMost: 3 },
} satisfies Record<string, Measure>;
/** A short run finds what is grossly wrong: the heap has not found its size, and the box does other things. */
const SHORT = {
  rss: { ...LONG.rss, atMost: 160 },
  growth: { ...LONG.growth, what: 'growth of the node over the whole run', atMost: 12 },
  cpu: { ...LONG.cpu, atMost: 8 },
} satisfies Record<string, Measure>;
const FILES: Measure = { what: 'open files more than at the end of the warm-up', unit: '', of: 'max', atMost: 2 };

export async function runSoak(options: SoakOptions): Promise<readonly Finding[]> {
  const { seed, minutes, agentCount, onSample } = options;
  const names = Array.from({ length: agentCount }, (_, index) => `echo-${index + 1}`);
  const fleet = await TestFleet.start({ main: Object.fromEntries(names.map((name) => [name, echo])) }, UP_MS);
  try {
    const samples = await sampled(fleet.main, names, new Random(seed), minutes * 60_000, onSample);
    return judged(samples);
  } finally {
    await fleet.close();
  }
}

async function sampled(
  machine: TestMachine,
  names: readonly string[],
  random: Random,
  durationMs: number,
  onSample: (sample: SoakSample) => void,
): Promise<SoakSample[]> {
  const samples: SoakSample[] = [];
  const pid = machine.nodePid;
  const startedMs = performance.now();
  while (performance.now() - startedMs < durationMs) {
    const isQuiet = samples.length % TURN_SAMPLES < TURN_SAMPLES / 2;
    const sinceMs = performance.now();
    const usedMs = cpuMsOf(pid);
    if (isQuiet) await pause(SAMPLE_MS);
    else await ask(machine, names, random);
    const nowMs = performance.now();
    const sample = {
      elapsedMs: nowMs - startedMs,
      rssMiB: rssOf(pid) / MIB,
      openFiles: openFilesOf(pid),
      cpuPercent: ((cpuMsOf(pid) - usedMs) / (nowMs - sinceMs)) * 100,
      isQuiet,
    };
    samples.push(sample);
    onSample(sample);
  }
  return samples;
}

/** For the time of one sample. */
async function ask(machine: TestMachine, names: readonly string[], random: Random): Promise<void> {
  const endMs = performance.now() + SAMPLE_MS;
  while (performance.now() < endMs) {
    const agent = random.pick(names);
    const questions = [
      () => machine.ask('node.ps', {}),
      () => machine.ask('node.status', {}),
      () => machine.ask('node.usage', { agent }),
      () => machine.ask('node.logs', { agent, last: 20 }),
      () => machine.ask('registry.list', {}),
      () => machine.ask('error.report', { agent: 'soak', report: { code: 'SOAK', message: `about ${agent}` } }),
    ];
    await random.pick(questions)();
    await pause(1_000 / QUESTIONS_PER_SECOND);
  }
}

function judged(samples: readonly SoakSample[]): readonly Finding[] {
  const figures = new Figures();
  const totalMs = samples.at(-1)?.elapsedMs ?? 0;
  const isLong = totalMs >= SLOPE_MS_MIN;
  const bounds = isLong ? LONG : SHORT;
  const warmUpMs = Math.min(WARM_UP_MS_MAX, totalMs * WARM_UP_SHARE);
  const warm = samples.filter(({ elapsedMs }) => elapsedMs >= warmUpMs);
  figures.add(bounds.rss, medianRss(warm));
  const filesAtFirst = warm[0]?.openFiles ?? 0;
  for (const { openFiles } of warm) figures.add(FILES, Math.max(0, openFiles - filesAtFirst));
  const third = Math.ceil(warm.length / 3);
  const growth = medianRss(warm.slice(-third)) - medianRss(warm.slice(0, third));
  // Between the middles of the first and of the last third.
  const spanMs = ((totalMs - warmUpMs) * 2) / 3;
  figures.add(bounds.growth, isLong ? (growth / spanMs) * 600_000 : growth);
  const quiet = warm.filter(({ isQuiet }) => isQuiet).map(({ cpuPercent }) => cpuPercent);
  figures.add(bounds.cpu, quiet.reduce((sum, percent) => sum + percent, 0) / Math.max(1, quiet.length));
  return figures.findings;
}

function medianRss(samples: readonly SoakSample[]): number {
  const sorted = samples.map(({ rssMiB }) => rssMiB).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
