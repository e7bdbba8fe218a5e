/** One look over the disk: which files match the patterns now, each once, oldest change first. */
import { join, relative } from 'node:path';
import { messageOf, systemCodeOf } from '../../common/core/errors.js';
import { findPaths } from './file-finder.js';
import type { Glob } from './glob.js';
import { type Look, lookAt } from './open-file.js';
import type { ProblemBoard } from './problem-board.js';

export interface FoundFile {
  readonly path: string;
  /** What records call it: relative to the fleet folder when its pattern is. */
  readonly file: string;
  readonly look: Look;
  /** The patterns that match it. */
  readonly patterns: readonly string[];
}

/** How many paths are looked at at the same time. */
const LOOKS_AT_ONCE = 64;

/** @returns the files by key; a file with several names has the first of them in alphabetical order */
export async function scanFiles(
  home: string,
  globs: readonly Glob[],
  problems: ProblemBoard,
): Promise<Map<string, FoundFile>> {
  const named = new Map<string, { file: string; patterns: string[] }>();
  for (const glob of globs) {
    const { paths, unreadable, isCut } = await findPaths(home, glob);
    if (isCut)
      problems.note(`cut ${glob.pattern}`, `${glob.pattern} meets too many folders or files: some are left out`);
    for (const { path, reason } of unreadable)
      problems.note(path, `folder ${path} cannot be read: ${reason}`, { path });
    for (const path of paths) {
      const known = named.get(path);
      if (known !== undefined) known.patterns.push(glob.pattern);
      else named.set(path, { file: glob.isAbsolute ? path : relative(home, path), patterns: [glob.pattern] });
    }
  }
  const paths = [...named.keys()].sort();
  const found: FoundFile[] = [];
  for (let at = 0; at < paths.length; at += LOOKS_AT_ONCE) {
    const looks = await Promise.all(paths.slice(at, at + LOOKS_AT_ONCE).map((path) => lookOrNote(path, problems)));
    looks.forEach((look, index) => {
      const path = paths[at + index];
      const names = path === undefined ? undefined : named.get(path);
      if (path !== undefined && names !== undefined && look !== undefined) found.push({ path, ...names, look });
    });
  }
  const byKey = new Map<string, FoundFile>();
  for (const file of found.sort(byAge)) if (!byKey.has(file.look.key)) byKey.set(file.look.key, file);
  return byKey;
}

/** Of two generations of one log the older one was written to last before the younger one. */
export const byAge = (a: { look: Look }, b: { look: Look }): number =>
  a.look.modifiedNs < b.look.modifiedNs ? -1 : a.look.modifiedNs > b.look.modifiedNs ? 1 : 0;

async function lookOrNote(path: string, problems: ProblemBoard): Promise<Look | undefined> {
  try {
    return await lookAt(path);
  } catch (error) {
    noteUnreadable(problems, path, error);
    return undefined;
  }
}

/** A file that is not there (any more) is no problem. */
export function noteUnreadable(problems: ProblemBoard, path: string, error: unknown): void {
  const code = systemCodeOf(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') return;
  problems.note(path, `${path} cannot be read: ${messageOf(error)}`, { path });
}

/** The file of that key among the names of a folder, where it may be after it was renamed. */
export async function locate(folder: string, key: string): Promise<{ path: string; look: Look } | undefined> {
  const anything = { pattern: '*', isAbsolute: false, segments: ['*'] };
  for (const path of (await findPaths(folder, anything)).paths) {
    const look = await lookAt(path).catch(() => undefined);
    if (look?.key === key) return { path, look };
  }
  return undefined;
}

export const pathOf = (home: string, file: string): string => (file.startsWith('/') ? file : join(home, file));
