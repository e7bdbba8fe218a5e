/**
 * What the answers of a probe come to. One good answer is enough for green; red takes as many failures in a row as its
 * specification says, so that one that was lost on a busy machine is not a verdict. Pure.
 */

/** Rejects with what is wrong; settles soon after the signal. */
export type Check = (signal: AbortSignal) => Promise<void>;

export type Verdict = 'green' | 'red';

export interface Tally {
  /** Undefined until there is one. */
  readonly verdict: Verdict | undefined;
  readonly failuresInRow: number;
}

export const NO_ANSWER_YET: Tally = { verdict: undefined, failuresInRow: 0 };

/** @param failures so many in a row are one verdict */
export function tally(before: Tally, isWell: boolean, failures: number): Tally {
  if (isWell) return { verdict: 'green', failuresInRow: 0 };
  const failuresInRow = before.failuresInRow + 1;
  return { verdict: failuresInRow >= failures ? 'red' : before.verdict, failuresInRow };
}
