/** What a run measured, held against what is promised: each measure has one figure that must not be over its bound. */

export interface Measure {
  readonly what: string;
  readonly unit: string;
  /** The figure: of a hundred samples the second largest, the largest of all, or all together. */
  readonly of: 'p99' | 'max' | 'sum';
  readonly atMost: number;
  /** Leaves a busy box no room: judged in the long form only, on a box that does nothing else. */
  readonly isTight?: boolean;
}

export interface Finding {
  readonly measure: Measure;
  readonly sampleCount: number;
  readonly figure: number;
  readonly holds: boolean;
  /** What went wrong, where somebody said so. */
  readonly details: readonly string[];
}

export class Figures {
  readonly #samples = new Map<Measure, { readonly values: number[]; readonly details: string[] }>();

  /** `detail` says what a value that should be 0 counts. */
  add(measure: Measure, value: number, ...details: readonly string[]): void {
    const entry = this.#samples.get(measure) ?? { values: [], details: [] };
    entry.values.push(value);
    entry.details.push(...details);
    this.#samples.set(measure, entry);
  }

  /** Counts faults: one sample, whose details are the faults themselves. */
  count(measure: Measure, faults: readonly string[]): void {
    this.add(measure, faults.length, ...faults);
  }

  get findings(): Finding[] {
    return [...this.#samples].map(([measure, { values, details }]) => {
      const figure = figureOf(measure.of, values);
      return { measure, sampleCount: values.length, figure, holds: figure <= measure.atMost, details };
    });
  }
}

function figureOf(of: Measure['of'], values: readonly number[]): number {
  if (of === 'sum') return values.reduce((sum, value) => sum + value, 0);
  const sorted = [...values].sort((a, b) => a - b);
  return (of === 'max' ? sorted.at(-1) : sorted[Math.ceil(sorted.length * 0.99) - 1]) ?? 0;
}

/** One line for a person: `ok   back after a kill: p99 612 ms of at most 1000 (150 samples)`. */
export function findingLine({ measure, figure, sampleCount, holds, details }: Finding): string {
  const { what, unit, of, atMost } = measure;
  const figures = `${of === 'sum' ? '' : `${of} `}${Number(figure.toFixed(1))}${unit === '' ? '' : ` ${unit}`}`;
  const samples = `${sampleCount} ${sampleCount === 1 ? 'sample' : 'samples'}`;
  const complaint = holds ? '' : details.map((detail) => `\n       ${detail}`).join('');
  return `${holds ? 'ok  ' : 'FAIL'} ${what}: ${figures}, at most ${atMost} (${samples})${complaint}`;
}
