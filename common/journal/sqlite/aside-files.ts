/**
 * Files of a store that were put aside under another name, because one was damaged or a backup came into its place. The mesh
 * never deletes them; their names say since when they are aside. What such a file held nobody can say who has only the one
 * that is there now.
 */
import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';

const reasons = ['damaged', 'replaced'] as const;

/** A name that is free. */
export function asideName(file: string, reason: (typeof reasons)[number], wallMs: number): string {
  let stampMs = wallMs;
  while (existsSync(`${file}.${reason}-${stampMs}`)) stampMs += 1;
  return `${file}.${reason}-${stampMs}`;
}

/** Whether a file of that store was put aside since then, and is still there. */
export function isAsideSince(file: string, sinceWallMs: number): boolean {
  const prefixes = reasons.map((reason) => `${basename(file)}.${reason}-`);
  return readdirSync(dirname(file)).some((name) => {
    const prefix = prefixes.find((each) => name.startsWith(each));
    // The write-ahead log that went with it is no number.
    return prefix !== undefined && Number(name.slice(prefix.length)) >= sinceWallMs;
  });
}
