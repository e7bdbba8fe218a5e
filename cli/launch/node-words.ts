/**
 * What a daemon wrote before it ended: its refusal (one JSON line `{"error": …}`), or else its last lines. Reads only
 * what this incarnation wrote, and no more than one chunk of it.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { MeshError } from '../../common/core/errors.js';
import { limits } from '../../common/core/limits.js';
import type { NodeExit, NodeProcess } from './node-process.js';

/** Why a daemon ended, as an error that a person can act on. */
export function refusalOf(node: NodeProcess, exit: NodeExit): MeshError {
  const lines = lastLines(node.logFile, node.logOffset);
  const refusal = lines.map(errorIn).findLast((error) => error !== undefined);
  if (refusal !== undefined) return refusal;
  const how = exit.cause === null ? `exit code ${exit.code}` : exit.cause;
  return new MeshError('START_FAILED', [`the node of ${node.machine} ended (${how})`, ...lines].join('\n'), {
    hint: `its whole output is in ${node.logFile}`,
  });
}

/** The last lines of a file after `offset`; none when it cannot be read. */
export function lastLines(file: string, offset: number, count: number = limits.lastLogLines): string[] {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch {
    return [];
  }
  try {
    const sizeBytes = fstatSync(descriptor).size;
    const from = Math.max(offset, sizeBytes - limits.logChunkBytesMax);
    if (from >= sizeBytes) return [];
    const chunk = Buffer.alloc(sizeBytes - from);
    const readBytes = readSync(descriptor, chunk, 0, chunk.length, from);
    const lines = chunk.toString('utf8', 0, readBytes).split('\n');
    return lines.filter((line) => line.trim() !== '').slice(-count);
  } finally {
    closeSync(descriptor);
  }
}

function errorIn(line: string): MeshError | undefined {
  if (!line.startsWith('{"error"')) return undefined;
  try {
    const parsed: unknown = JSON.parse(line);
    const body = isObject(parsed) ? parsed['error'] : undefined;
    if (!isObject(body)) return undefined;
    const { code, message, hint, details } = body;
    if (typeof code !== 'string' || typeof message !== 'string') return undefined;
    return MeshError.fromBody({
      code,
      message,
      ...(typeof hint === 'string' ? { hint } : {}),
      ...(isObject(details) ? { details } : {}),
    });
  } catch {
    return undefined; // a line that only looks like one
  }
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
