/**
 * Paths on the disk that match a pattern. Symbolic links to files count, and so do links to folders that a pattern names;
 * `**` does not descend through links, so a loop ends. Bounded: a walk that meets more folders or files stops and says so.
 */
import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, systemCodeOf } from '../../common/core/errors.js';
import { type Glob, hasWildcard, segmentMatches } from './glob.js';

export interface FoundPaths {
  /** Absolute, without doubles. A name without wildcards is listed unseen. */
  readonly paths: Set<string>;
  readonly unreadable: { readonly path: string; readonly reason: string }[];
  isCut: boolean;
}

const FOLDERS_MAX = 10_000;
const PATHS_MAX = 20_000;

export async function findPaths(home: string, glob: Glob): Promise<FoundPaths> {
  const found: FoundPaths = { paths: new Set(), unreadable: [], isCut: false };
  const seenFolders = new Set<string>();
  const walk = async (folder: string, [segment, ...rest]: readonly string[]): Promise<void> => {
    if (segment === undefined || found.isCut) return;
    const isLast = rest.length === 0;
    if (!hasWildcard(segment)) {
      if (isLast) addPath(found, join(folder, segment));
      else await walk(join(folder, segment), rest);
      return;
    }
    // `**/**/x` would reach one folder with the same rest along many ways.
    const visit = `${rest.length}:${folder}`;
    if (seenFolders.has(visit)) return;
    seenFolders.add(visit);
    if (seenFolders.size > FOLDERS_MAX) found.isCut = true;
    if (segment === '**') await walk(folder, rest);
    for (const entry of await entriesOf(folder, found)) {
      const path = join(folder, entry.name);
      if (segment === '**') {
        if (entry.isDirectory() && !entry.name.startsWith('.')) await walk(path, [segment, ...rest]);
      } else if (segmentMatches(segment, entry.name)) {
        if (!isLast) await walk(path, rest);
        else if (entry.isFile() || entry.isSymbolicLink()) addPath(found, path);
      }
    }
  };
  await walk(glob.isAbsolute ? '/' : home, glob.segments);
  return found;
}

function addPath(found: FoundPaths, path: string): void {
  if (found.paths.size < PATHS_MAX) found.paths.add(path);
  else found.isCut = true;
}

async function entriesOf(folder: string, found: FoundPaths): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    const code = systemCodeOf(error);
    // Not there (yet, or any more) is what a pattern expects; a folder that may not be read hides files.
    if (code !== 'ENOENT' && code !== 'ENOTDIR') found.unreadable.push({ path: folder, reason: messageOf(error) });
    return [];
  }
}
