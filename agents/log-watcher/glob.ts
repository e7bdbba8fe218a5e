/**
 * File patterns: `*` and `?` within one name, `**` for any number of folders, all else literally. As in a shell, `*` and
 * `**` leave names that begin with a dot alone. Pure; `file-finder.ts` walks the disk with it.
 */
import { MeshError } from '../../common/core/errors.js';

export interface Glob {
  /** As it was written: its name in checkpoints and texts. */
  readonly pattern: string;
  readonly isAbsolute: boolean;
  readonly segments: readonly string[];
}

/** @throws CONFIG_INVALID for what other tools give a meaning that this one does not know */
export function parseGlob(pattern: string): Glob {
  const segments = pattern.split('/').filter((segment) => segment !== '' && segment !== '.');
  if (segments.length === 0 || pattern.includes('\0')) throw invalid(pattern, 'names no file', 'write logs/*.log');
  if (/[[\]{}]/.test(pattern))
    throw invalid(pattern, 'has [ ] or { }', 'use * ** and ?, and one pattern for each case');
  if (segments.some((segment) => segment.includes('**') && segment !== '**')) {
    throw invalid(pattern, 'has ** within a name', 'write ** between two slashes, as in logs/**/*.log');
  }
  if (segments.at(-1) === '**') throw invalid(pattern, 'ends with **', 'write /**/* for every file below');
  if (segments.includes('..')) throw invalid(pattern, 'has ..', 'write the path from / on');
  return { pattern, isAbsolute: pattern.startsWith('/'), segments };
}

/** Whether a whole path (absolute, or relative to where relative patterns begin) matches. */
export function pathMatches(glob: Glob, path: string): boolean {
  if (glob.isAbsolute !== path.startsWith('/')) return false;
  return segmentsMatch(
    glob.segments,
    path.split('/').filter((name) => name !== ''),
  );
}

function segmentsMatch([segment, ...rest]: readonly string[], names: readonly string[]): boolean {
  const [name, ...others] = names;
  if (segment === undefined) return name === undefined;
  if (segment === '**' && segmentsMatch(rest, names)) return true;
  if (name === undefined) return false;
  if (segment === '**') return !name.startsWith('.') && segmentsMatch([segment, ...rest], others);
  return (hasWildcard(segment) ? segmentMatches(segment, name) : segment === name) && segmentsMatch(rest, others);
}

export const hasWildcard = (segment: string): boolean => /[*?]/.test(segment);

/**
 * Whether `name` matches one segment. Two cursors and the place of the last star: at most pattern × name steps, where a
 * regular expression with several stars could take far more.
 */
export function segmentMatches(segment: string, name: string): boolean {
  if (name.startsWith('.') && !segment.startsWith('.')) return false;
  let at = 0;
  let inName = 0;
  let star = -1;
  let retryFrom = 0;
  while (inName < name.length) {
    if (segment[at] === '*') {
      star = at++;
      retryFrom = inName;
    } else if (segment[at] === '?' || (at < segment.length && segment[at] === name[inName])) {
      at++;
      inName++;
    } else if (star >= 0) {
      at = star + 1;
      inName = ++retryFrom;
    } else return false;
  }
  while (segment[at] === '*') at++;
  return at === segment.length;
}

const invalid = (pattern: string, what: string, hint: string) =>
  new MeshError('CONFIG_INVALID', `the file pattern "${pattern.slice(0, 200)}" ${what}`, { hint });
