/**
 * What one agent used, look by look, as far back as the ring reaches: numbers in typed arrays, so that an hour of a whole
 * machine is about a megabyte. It outlives the agent's incarnations, and a look at which there was no process is a gap.
 * Pure.
 */

/** One look; null where there is no figure. */
export interface UsageSample {
  /** Of one processor, since the look before. */
  readonly cpuPercent: number | null;
  readonly rssBytes: number | null;
  readonly openFiles: number | null;
  readonly loopLagMs: number | null;
}

export const NO_USAGE: UsageSample = { cpuPercent: null, rssBytes: null, openFiles: null, loopLagMs: null };

type Figure = keyof UsageSample;
export type UsageSeries = Record<Figure, (number | null)[]>;

export class UsageHistory {
  readonly #cpuPercent: Float32Array;
  /** Sizes need all their digits; the other figures are good with seven. */
  readonly #rssBytes: Float64Array;
  readonly #openFiles: Float32Array;
  readonly #loopLagMs: Float32Array;
  #next = 0;
  #count = 0;

  constructor(private readonly capacity: number) {
    this.#cpuPercent = new Float32Array(capacity);
    this.#rssBytes = new Float64Array(capacity);
    this.#openFiles = new Float32Array(capacity);
    this.#loopLagMs = new Float32Array(capacity);
  }

  add({ cpuPercent, rssBytes, openFiles, loopLagMs }: UsageSample): void {
    this.#cpuPercent[this.#next] = cpuPercent ?? Number.NaN;
    this.#rssBytes[this.#next] = rssBytes ?? Number.NaN;
    this.#openFiles[this.#next] = openFiles ?? Number.NaN;
    this.#loopLagMs[this.#next] = loopLagMs ?? Number.NaN;
    this.#next = (this.#next + 1) % this.capacity;
    this.#count = Math.min(this.#count + 1, this.capacity);
  }

  /**
   * Oldest first, `looksPerPoint` looks a point, the newest look in the last one: of the processor the mean, of
   * everything else the peak, which is what a limit is compared with.
   */
  series(looksPerPoint = 1): UsageSeries {
    return {
      cpuPercent: this.#points(this.#cpuPercent, looksPerPoint, meanOf),
      rssBytes: this.#points(this.#rssBytes, looksPerPoint, peakOf),
      openFiles: this.#points(this.#openFiles, looksPerPoint, peakOf),
      loopLagMs: this.#points(this.#loopLagMs, looksPerPoint, peakOf),
    };
  }

  #points(
    ring: Float32Array | Float64Array,
    looksPerPoint: number,
    fold: (known: readonly number[]) => number,
  ): (number | null)[] {
    const points: (number | null)[] = [];
    // From the newest back, so that only the oldest point may be of fewer looks.
    for (let end = this.#count; end > 0; end -= looksPerPoint) {
      const known: number[] = [];
      for (let index = Math.max(0, end - looksPerPoint); index < end; index++) {
        const value = ring[(this.#next - this.#count + index + this.capacity) % this.capacity];
        if (value !== undefined && !Number.isNaN(value)) known.push(value);
      }
      points.push(known.length === 0 ? null : fold(known));
    }
    return points.reverse();
  }
}

/** To a tenth: a longer tail would be noise in every answer. */
const meanOf = (known: readonly number[]): number =>
  Math.round((known.reduce((sum, value) => sum + value, 0) / known.length) * 10) / 10;

const peakOf = (known: readonly number[]): number => Math.max(...known);
