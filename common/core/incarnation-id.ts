/**
 * Marks that need only differ from those of other processes and of earlier runs: nobody gains by guessing them, so they do
 * without the cryptographic generator, whose load is a tenth of the start of an agent.
 */

/** `length` random characters of five bits each. */
export function incarnationId(length: number): string {
  let id = '';
  while (id.length < length) id += Math.floor(Math.random() * 32).toString(32);
  return id;
}

/**
 * An epoch for a program that no node numbers: two of one name that start in the same millisecond must not be taken for
 * one another, or the records of the second would count as repeats of the first's.
 */
export const programEpoch = (wallMs: number): number => wallMs * 1_000 + Math.floor(Math.random() * 1_000);
