/**
 * Looks at what every supervised process uses, and at the node itself: every `usageIntervalMs` into the history of the
 * last hour, and every `limitIntervalMs` for whoever has limits to keep, when there is such an agent. One pass over /proc
 * serves all; where there is none, every figure is null.
 */
import type { Clock } from '../../../common/core/clock.js';
import { limits } from '../../../common/core/limits.js';
import type { Input, UsageBody } from '../../../common/protocol/catalogue.js';
import { NO_USAGE, UsageHistory, type UsageSample } from './usage-history.js';
import { type GroupUsage, type KernelUnits, readUsage } from './usage-reading.js';

/** A process as far as it is looked at. */
export interface Watched {
  readonly name: string;
  readonly pid: number;
  /** Null for a program that does not tell. */
  readonly loopLagMs: number | null;
  /** It has limits that somebody must look after. */
  readonly isLimited: boolean;
}

export interface UsageSamplerOptions {
  /** Also those that do not run: their gap is part of their history. */
  readonly processes: () => readonly Watched[];
  /** At every look: what the living processes use, by name. */
  readonly onLook: (usage: ReadonlyMap<string, GroupUsage>) => void;
  readonly clock: Clock;
  /** Undefined where there is no /proc. */
  readonly units: KernelUnits | undefined;
}

/** The processor time of one incarnation at the last look that went into the history. */
interface Baseline {
  readonly pid: number;
  readonly cpuTicks: number;
  readonly atMs: number;
}

interface Track {
  readonly history: UsageHistory;
  latest: UsageSample;
  baseline: Baseline | undefined;
}

export class UsageSampler {
  readonly #tracks = new Map<string, Track>();
  #timer: NodeJS.Timeout | undefined;
  #sampledMs = Number.NEGATIVE_INFINITY;
  #lastWallMs = 0;

  constructor(private readonly options: UsageSamplerOptions) {}

  start(): void {
    this.#timer = setInterval(() => this.look(), limits.limitIntervalMs);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** What the incarnation with this pid used at the last look; nothing before its first. */
  latest(name: string, pid: number): UsageSample {
    const track = this.#tracks.get(name);
    return track?.baseline?.pid === pid ? track.latest : NO_USAGE;
  }

  /** Called every `limitIntervalMs`; does nothing when nobody is to be looked at yet. */
  look(): void {
    const { clock, processes, onLook } = this.options;
    const nowMs = clock.monotonicMs();
    const watched = processes();
    // Half an interval early is not early: timers are late by a little each time.
    const isSample = nowMs - this.#sampledMs >= limits.usageIntervalMs - limits.limitIntervalMs / 2;
    if (!isSample && !watched.some(({ isLimited, pid }) => isLimited && pid !== 0)) return;
    const running = watched.filter(({ pid }) => pid !== 0);
    const usage = this.#read(running);
    if (isSample) this.#sample(watched, usage, nowMs);
    onLook(usage);
  }

  /** The last hour of one agent, or of all of them in no more points than an answer can carry. */
  answer({ agent, points }: Input<'node.usage'>): UsageBody[] {
    const most = agent === undefined ? limits.usagePointsMax : limits.usageSamplesKept;
    const looksPerPoint = Math.ceil(limits.usageSamplesKept / Math.min(points ?? most, most));
    return [...this.#tracks]
      .filter(([name]) => agent === undefined || name === agent)
      .map(([name, { history }]) => ({
        agent: name,
        intervalMs: looksPerPoint * limits.usageIntervalMs,
        lastMs: this.#lastWallMs,
        ...history.series(looksPerPoint),
      }));
  }

  #read(running: readonly Watched[]): Map<string, GroupUsage> {
    const { units } = this.options;
    if (units === undefined) return new Map();
    const byPid = readUsage(new Set(running.map(({ pid }) => pid)), units);
    return new Map(
      running.flatMap(({ name, pid }) => {
        const usage = byPid.get(pid);
        return usage === undefined ? [] : [[name, usage] as const];
      }),
    );
  }

  #sample(watched: readonly Watched[], usage: ReadonlyMap<string, GroupUsage>, nowMs: number): void {
    const missedCount = this.#missedBefore(nowMs);
    this.#sampledMs = nowMs;
    this.#lastWallMs = this.options.clock.wallMs();
    const names = new Set(watched.map(({ name }) => name));
    for (const name of this.#tracks.keys()) if (!names.has(name)) this.#tracks.delete(name);
    for (const process of watched) {
      const track = this.#trackOf(process.name);
      for (let missed = 0; missed < missedCount; missed++) track.history.add(NO_USAGE);
      track.latest = this.#sampleOf(process, usage.get(process.name), track, nowMs);
      track.history.add(track.latest);
    }
  }

  /** Looks that this node was held up from: gaps, because the samples of a history are of equal distance. */
  #missedBefore(nowMs: number): number {
    if (this.#sampledMs === Number.NEGATIVE_INFINITY) return 0;
    const passed = Math.round((nowMs - this.#sampledMs) / limits.usageIntervalMs);
    return Math.min(Math.max(0, passed - 1), limits.usageSamplesKept);
  }

  #sampleOf({ pid, loopLagMs }: Watched, usage: GroupUsage | undefined, track: Track, nowMs: number): UsageSample {
    const { baseline } = track;
    track.baseline = usage === undefined ? undefined : { pid, cpuTicks: usage.cpuTicks, atMs: nowMs };
    if (usage === undefined) return { ...NO_USAGE, loopLagMs: pid === 0 ? null : loopLagMs };
    const cpuPercent = baseline?.pid === pid ? this.#percentSince(baseline, usage, nowMs) : null;
    return { cpuPercent, rssBytes: usage.rssBytes, openFiles: usage.openFiles, loopLagMs };
  }

  #percentSince({ cpuTicks, atMs }: Baseline, usage: GroupUsage, nowMs: number): number {
    const seconds = (usage.cpuTicks - cpuTicks) / (this.options.units?.ticksPerSecond ?? 1);
    // To a tenth, which is what ticks are good for. A child that nobody waited for takes its time with it when it ends.
    return Math.max(0, Math.round((seconds * 1_000_000) / (nowMs - atMs)) / 10);
  }

  #trackOf(name: string): Track {
    const known = this.#tracks.get(name);
    if (known !== undefined) return known;
    const track = { history: new UsageHistory(limits.usageSamplesKept), latest: NO_USAGE, baseline: undefined };
    this.#tracks.set(name, track);
    return track;
  }
}
