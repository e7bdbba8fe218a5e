/**
 * What a change of the configuration means for a process that runs: a value of `restartKey` takes effect only in a new
 * process, one of `liveKey` at once. Two plans are told apart by comparing their keys field by field. Pure.
 *
 * Only what the configuration and the release say is in them, and nothing of the node's own surroundings (its PATH, its
 * log level): a node that is started again from another shell finds its agents as they were, and not outdated.
 */
import { createHash } from 'node:crypto';

/** Field by field, as the configuration names them. */
export type PlanKey = Readonly<Record<string, unknown>>;

export interface PlanKeys {
  readonly restartKey: PlanKey;
  readonly liveKey: PlanKey;
  /** Of `restartKey`: the same for two plans exactly when a process of the one is as good as one of the other. */
  readonly planHash: string;
}

export const planKeys = (restartKey: PlanKey, liveKey: PlanKey): PlanKeys => ({
  restartKey,
  liveKey,
  planHash: createHash('sha256').update(canonical(restartKey)).digest('hex').slice(0, HASH_LENGTH),
});

/** The names of the fields in which two keys differ, in alphabetical order. */
export function differingFields(a: PlanKey, b: PlanKey): string[] {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
  return names.filter((name) => canonical(a[name]) !== canonical(b[name]));
}

/** JSON with the keys of every map in order: whoever reorders a file changes nothing. */
function canonical(value: unknown): string {
  const sorted = (_: string, part: unknown): unknown =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([one], [other]) => (one < other ? -1 : 1)))
      : part;
  return JSON.stringify(value, sorted) ?? 'absent';
}

/** 64 bits: two plans of one agent never meet by chance. */
const HASH_LENGTH = 16;
