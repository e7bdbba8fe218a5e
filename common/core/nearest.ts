/**
 * "did you mean": the known word that a mistyped one was probably meant to be. Distance is optimal string alignment
 * (insert, delete, replace, swap two neighbours each cost 1), because swapped letters are the commonest slip of a hand.
 * Pure; bounded by `limits.nameLengthMax`, so a hostile word costs no more than a long name.
 */
import { limits } from './limits.js';

/**
 * @param distanceMax slips allowed; by default one in three letters, and at least one.
 * @returns the closest candidate (the first of equals), or undefined when none is near enough to be worth naming.
 */
export function nearest(
  word: string,
  candidates: Iterable<string>,
  distanceMax: number = Math.max(1, Math.floor(word.length / 3)),
): string | undefined {
  if (word.length > limits.nameLengthMax) return undefined;
  let best: string | undefined;
  let bestDistance = distanceMax + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) >= bestDistance) continue;
    const distance = editDistance(word, candidate);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** `; did you mean echo?`, or nothing: the end of a sentence that refuses `word`. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const near = nearest(word, candidates);
  return near === undefined ? '' : `; did you mean ${near}?`;
}

/** Slips between two words. Three rows of the table suffice, as a swap looks two rows back. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let cost = Math.min(at(last, column) + 1, at(current, column - 1) + 1, at(last, column - 1) + (same ? 0 : 1));
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) cost = Math.min(cost, at(beforeLast, column - 2) + 1);
      current.push(cost);
    }
    [beforeLast, last] = [last, current];
  }
  return at(last, b.length);
}

const at = (row: readonly number[], column: number): number => row[column] ?? Number.POSITIVE_INFINITY;
