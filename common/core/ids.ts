/** Names for things that must never be confused with an earlier one of the same kind. */
import { randomBytes } from 'node:crypto';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'; // Crockford base 32: no i, l, o, u, so it survives being read aloud

/** `length` random characters of five bits each. */
export function randomId(length: number): string {
  let id = '';
  for (const byte of randomBytes(length)) id += ALPHABET[byte & 31];
  return id;
}

/** A journal's name: 100 random bits, so that no restored machine mints one twice. */
export const newJournalId = (): string => randomId(20);

/**
 * The next epoch after `lastEpoch`: a number that grows with every incarnation, and past every earlier one even when
 * the file that held `lastEpoch` was lost or restored, because it is at least the wall clock in milliseconds.
 */
export const nextEpoch = (lastEpoch: number, wallMs: number): number => Math.max(lastEpoch + 1, wallMs);
