/** Versions and ranges of them. The only importer of semver, which is loaded when the first target names a range. */
import { MeshError } from '../../../../common/core/errors.js';

type Satisfies = typeof import('semver/functions/satisfies.js');
type ValidRange = typeof import('semver/ranges/valid.js');

let satisfies: Satisfies | undefined;
let validRange: ValidRange | undefined;

/** Resolves when ranges can be compared. */
export async function loadRanges(): Promise<void> {
  const [first, second] = await Promise.all([
    import('semver/functions/satisfies.js'),
    import('semver/ranges/valid.js'),
  ]);
  satisfies = first.default;
  validRange = second.default;
}

/** @throws INVALID_INPUT */
export function assertRange(range: string): void {
  if (validRange === undefined || validRange(range) !== null) return;
  throw new MeshError('INVALID_INPUT', `"${range}" is not a range of versions`, {
    hint: 'write it as npm does: ^2, ~2.1, 2.x, >=1.4 <3',
  });
}

/** What is no version is in no range. */
export const isInRange = (version: string, range: string): boolean => satisfies?.(version, range) ?? false;
