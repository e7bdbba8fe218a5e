/**
 * How long something takes, in a bounded place: counts in buckets whose width grows with the duration, so that a figure is
 * right to within an eighth. Pure. It forgets: `fade` halves what is there.
 */
export interface DurationSummary {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** The first bucket ends here; shorter is as good as nothing. */
const FIRST_MS = 0.01;
const GROWTH = 2 ** 0.25;
/** The last one holds whatever takes longer than about ten minutes. */
const BUCKETS = 104;

export class DurationHistogram {
  readonly #counts = new Float64Array(BUCKETS);
  #count = 0;

  add(ms: number): void {
    const bucket = Math.ceil(Math.log(Math.max(ms, FIRST_MS) / FIRST_MS) / Math.log(GROWTH));
    const index = Math.min(bucket, BUCKETS - 1);
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#count++;
  }

  /** Half as much weight for what was; what weighs next to nothing is forgotten. */
  fade(): void {
    this.#count = 0;
    for (const [index, count] of this.#counts.entries()) {
      const rest = count < 0.5 ? 0 : count / 2;
      this.#counts[index] = rest;
      this.#count += rest;
    }
  }

  /** Undefined when nothing is remembered. */
  get summary(): DurationSummary | undefined {
    if (this.#count === 0) return undefined;
    return { p50Ms: this.#quantile(0.5), p99Ms: this.#quantile(0.99), maxMs: this.#quantile(1) };
  }

  #quantile(share: number): number {
    let rest = this.#count * share;
    let last = 0;
    for (const [index, count] of this.#counts.entries()) {
      if (count === 0) continue;
      last = index;
      rest -= count;
      if (rest <= 0) break;
    }
    return Number((FIRST_MS * GROWTH ** last).toPrecision(2));
  }
}
