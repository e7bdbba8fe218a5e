/** The keys of a record as they travel to its node: by one it is found, by the other a repeat of it is known. Pure. */
import { MeshError } from '../../../../common/core/errors.js';
import { limits } from '../../../../common/core/limits.js';
import type { EmitOptions } from '../../mesh.js';
import type { SealedRecord } from './emit-queue.js';

/** What they take of a batch at most: a UTF-16 unit is up to three bytes. */
export const keyBytes = ({ key = '', dedupeKey = '' }: EmitOptions): number => 3 * (key.length + dedupeKey.length);

/** @throws INVALID_INPUT */
export function keyMarks({ key, dedupeKey }: EmitOptions, inCall: SealedRecord[3]): SealedRecord[3] {
  return {
    ...inCall,
    ...(key === undefined ? {} : { key: checked('key', key) }),
    ...(dedupeKey === undefined ? {} : { dedupeKey: checked('dedupeKey', dedupeKey) }),
  };
}

function checked(what: string, text: string): string {
  const isSound =
    typeof text === 'string' && text.length <= limits.recordKeyLengthMax && /^[^\p{Cc}\p{Cs}]+$/u.test(text);
  if (isSound) return text;
  throw new MeshError(
    'INVALID_INPUT',
    `the ${what} of a record is no text of 1 to ${limits.recordKeyLengthMax} characters`,
    {
      hint: 'Take what tells one thing from another, as its number does; control characters are refused.',
    },
  );
}
