/**
 * A node with many agents, for as long as is wanted: quiet, and then asked again and again as people and scripts ask while
 * everything around it fails (soak-troubles.ts), in turns. What it takes is read from /proc: memory all the time, files and
 * processor time while it is quiet. In the end the oracle says what main has of all that was stored.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { echo, TestFleet } from '../fleet/test-fleet.js';
import type { TestMachine } from '../fleet/test-machine.js';
import type { Finding, Measure } from '../oracle/figures.js';
import { Figures } from '../oracle/figures.js';
import { countVerdict } from '../oracle/verdict-figures.js';
import { cpuMsOf, openFilesOf, rssOf } from '../processes/process-census.js';
import { Random } from '../random.js';
import { SoakTroubles, soakedReporter } from './soak-troubles.js';

export interface SoakOptions {
  readonly seed: number;
  readonly minutes: number;
  readonly agentCount: number;
  readonly onSample: (sample: SoakSample) => void;
  /** Told at the end what was done to the fleet, and how often. */
  readonly onTroubles: (struck: string) => void;
  /** From one sample to the next. Default: `SAMPLE_MS`. */
  readonly sampleMs?: number;
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
  cpu: { ...LONG.cpu, atMost: 8, isTight: true },
} satisfies Record<string, Measure>;
const FILES: Measure = { what: 'open files more than at the end of the warm-up', unit: '', of: 'max', atMost: 2 };

export async function runSoak(options: SoakOptions): Promise<readonly Finding[]> {
  const { seed, agentCount, onTroubles } = options;
  const names = Array.from({ length: agentCount }, (_, index) => `echo-${index + 1}`);
  const echoes = Object.fromEntries(names.map((name) => [name, echo]));
  const setup = { main: { ...echoes, reporter: soakedReporter }, pc2: { reporter: soakedReporter } };
  const fleet = await TestFleet.start(setup, UP_MS);
  try {
    const random = new Random(seed);
    const troubles = new SoakTroubles(fleet, random);
    const figures = new Figures();
    judge(figures, await sampled(fleet.main, names, random, troubles, options));
    countVerdict(figures, troubles.verdict());
    onTroubles(troubles.struck);
    return figures.findings;
  } catch (error) {
    console.error(fleet.outputs);
    throw error;
  } finally {
    await fleet.close();
  }
}

async function sampled(
  machine: TestMachine,
  names: readonly string[],
  random: Random,
  troubles: SoakTroubles,
  { minutes, onSample, sampleMs = SAMPLE_MS }: SoakOptions,
): Promise<SoakSample[]> {
  const samples: SoakSample[] = [];
  const pid = machine.nodePid;
  const durationMs = minutes * 60_000;
  const halfMs = (sampleMs * TURN_SAMPLES) / 2;
  let trouble: Promise<void> | undefined;
  const startedMs = performance.now();
  while (performance.now() - startedMs < durationMs) {
    const isQuiet = samples.length % TURN_SAMPLES < TURN_SAMPLES / 2;
    if (isQuiet) {
      await trouble;
      trouble = undefined;
    } else {
      trouble ??= roundsFor(troubles, halfMs);
      // Whoever waits for it is told; until then it is no rejection that nobody handles.
      trouble.catch(() => undefined);
    }
    const sinceMs = performance.now();
    const usedMs = cpuMsOf(pid);
    if (isQuiet) await pause(sampleMs);
    else await ask(machine, names, random, sampleMs);
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
  await trouble;
  return samples;
}

/** At least one, and no more begins when the time is over. */
async function roundsFor(troubles: SoakTroubles, ms: number): Promise<void> {
  const endMs = performance.now() + ms;
  do await troubles.round();
  while (performance.now() < endMs);
}

/** For the time of one sample. */
async function ask(machine: TestMachine, names: readonly string[], random: Random, ms: number): Promise<void> {
  const endMs = performance.now() + ms;
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

function judge(figures: Figures, samples: readonly SoakSample[]): void {
  const totalMs = samples.at(-1)?.elapsedMs ?? 0;
  const isLong = totalMs >= SLOPE_MS_MIN;
  const bounds = isLong ? LONG : SHORT;
  const warmUpMs = Math.min(WARM_UP_MS_MAX, totalMs * WARM_UP_SHARE);
  const warm = samples.filter(({ elapsedMs }) => elapsedMs >= warmUpMs);
  figures.add(bounds.rss, medianRss(warm));
  const resting = warm.filter(({ isQuiet }) => isQuiet);
  const filesAtFirst = resting[0]?.openFiles ?? 0;
  for (const { openFiles } of resting) figures.add(FILES, Math.max(0, openFiles - filesAtFirst));
  const third = Math.ceil(warm.length / 3);
  const growth = medianRss(warm.slice(-third)) - medianRss(warm.slice(0, third));
  // Between the middles of the first and of the last third.
  const spanMs = ((totalMs - warmUpMs) * 2) / 3;
  figures.add(bounds.growth, isLong ? (growth / spanMs) * 600_000 : growth);
  const quiet = resting.map(({ cpuPercent }) => cpuPercent);
  figures.add(bounds.cpu, quiet.reduce((sum, percent) => sum + percent, 0) / Math.max(1, quiet.length));
}

function medianRss(samples: readonly SoakSample[]): number {
  const sorted = samples.map(({ rssMiB }) => rssMiB).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
