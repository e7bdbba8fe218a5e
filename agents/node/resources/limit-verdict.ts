/**
 * When an agent is over a limit: when two looks in a row say so, because one look may meet a peak that is gone by the
 * next. Each incarnation is judged once; what follows is its end. Pure.
 */
import type { ResourceBounds } from '../../../common/config/agents/agent-specs.js';
import type { HealthSigns } from '../../../common/core/health-score.js';

export type LimitName = 'memory' | 'openFiles';

export interface Excess {
  readonly limit: LimitName;
  readonly figure: number;
  readonly bound: number;
}

/** What is known of one agent between two looks. */
export interface LimitWatch {
  readonly epoch: number;
  /** Looks in a row that were over the bound. */
  readonly looksOver: Readonly<Record<LimitName, number>>;
  readonly isJudged: boolean;
}

export interface LimitLook {
  readonly epoch: number;
  readonly rssBytes: number;
  /** Null where it is not known: then it is not judged by it. */
  readonly openFiles: number | null;
}

export interface Judgement {
  readonly watch: LimitWatch;
  readonly excess: Excess | undefined;
}

export const LOOKS_OVER = 2;

export function judge(before: LimitWatch | undefined, look: LimitLook, bounds: ResourceBounds): Judgement {
  const same = before?.epoch === look.epoch ? before : undefined;
  const excesses = [
    excessOf('memory', look.rssBytes, bounds.memoryBytes),
    excessOf('openFiles', look.openFiles, bounds.openFiles),
  ].filter((excess) => excess !== undefined);
  const looksOver = { memory: 0, openFiles: 0 };
  for (const { limit } of excesses) looksOver[limit] = (same?.looksOver[limit] ?? 0) + 1;
  const isJudged = same?.isJudged ?? false;
  const excess = isJudged ? undefined : excesses.find(({ limit }) => looksOver[limit] >= LOOKS_OVER);
  return { watch: { epoch: look.epoch, looksOver, isJudged: isJudged || excess !== undefined }, excess };
}

/** What the use of its limits says of an agent's health; undefined for one that has none. */
export function signsOf(look: LimitLook, { memoryBytes, openFiles }: ResourceBounds): HealthSigns | undefined {
  if (memoryBytes === undefined && openFiles === undefined) return undefined;
  return {
    ...(memoryBytes === undefined ? {} : { memoryShare: look.rssBytes / memoryBytes }),
    ...(openFiles === undefined || look.openFiles === null ? {} : { openFilesShare: look.openFiles / openFiles }),
  };
}

function excessOf(limit: LimitName, figure: number | null, bound: number | undefined): Excess | undefined {
  return figure === null || bound === undefined || figure <= bound ? undefined : { limit, figure, bound };
}
