/**
 * The logs of a machine as the last node left them, however it ended: half-done files are removed, a cut that was
 * interrupted is finished or undone, and what history there is becomes a chain. Each step can be repeated.
 */
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { randomId } from '../../../common/core/ids.js';
import { LogChain, type LogPiece } from './log-chain.js';
import { cutByRename, settleCut } from './log-cut.js';
import { archiveOf, type LogFileName, LogPaths, parseLogFileName } from './log-name.js';
import { LogTimes } from './log-times.js';

interface FoundFile {
  readonly path: string;
  readonly name: LogFileName;
}

/** By agent: of every agent that has a log in `folder`. */
export function recoverLogs(folder: string, wallMs: number): Map<string, LogChain> {
  const found = new Map<string, FoundFile[]>();
  for (const file of readdirSync(folder)) {
    const name = parseLogFileName(file);
    if (name === undefined) continue;
    const path = join(folder, file);
    found.set(name.agent, [...(found.get(name.agent) ?? []), { path, name }]);
  }
  return new Map([...found].map(([agent, files]) => [agent, recoverChain(folder, agent, files, wallMs)]));
}

/** The chain of an agent that has no log yet. */
export const newChain = (folder: string, agent: string): LogChain => recoverChain(folder, agent, [], 0);

function recoverChain(folder: string, agent: string, files: readonly FoundFile[], wallMs: number): LogChain {
  for (const { path, name } of files) if (name.kind === 'half') rmSync(path, { force: true });
  const paths = new LogPaths(folder, agent);
  const times = new LogTimes(paths.times, { id: randomId(12), base: 0, bornMs: 0 });
  const chain = new LogChain(agent, paths, times, piecesOf(files));
  chain.beginAt(chain.pieces.at(-1)?.end ?? 0);
  for (const { name } of files) if (name.kind === 'cutting') settleCut(chain, name.cutting, wallMs);
  // What the log was until it was moved aside; it has gone on in a new file since.
  if (files.some(({ name }) => name.kind === 'aside')) cutByRename(chain, statSync(paths.aside).mtimeMs, paths.aside);
  // Somebody emptied the file while nobody looked: its bytes are others now.
  if (chain.end < times.lastOffset) chain.beginAt(times.lastOffset);
  return chain;
}

function piecesOf(files: readonly FoundFile[]): LogPiece[] {
  const archived = new Set(files.flatMap(({ path, name }) => (name.kind === 'piece' && name.isArchived ? [path] : [])));
  const pieces = files.flatMap(({ path, name }): LogPiece[] => {
    if (name.kind !== 'piece') return [];
    if (!name.isArchived && archived.has(archiveOf(path))) {
      rmSync(path, { force: true }); // the archive got its name when it was complete
      return [];
    }
    return [{ ...name.span, path, sizeBytes: statSync(path).size, isArchived: name.isArchived }];
  });
  return pieces.sort((a, b) => a.start - b.start);
}
