/**
 * What a machine's file says beside its agents, with the defaults filled in: how it brings them up, how much it keeps
 * of what they write, and how often it backs up what it stores.
 */
import { availableParallelism } from 'node:os';
import { limits } from '../../core/limits.js';
import type { MachineFile } from '../schemas.js';
import { type Issue, issueAt } from '../source/issues.js';
import { originAt, type Tree } from '../source/tree.js';

export interface LaunchSettings {
  /** Agents that may be starting at once. Its default counts the processors of the box that reads the file: each node's own. */
  readonly parallel: number;
}

export interface LogSettings {
  /** A log begins anew when it has this size, … */
  readonly rotateBytes: number;
  /** … or when its first line is this old. */
  readonly rotateMs: number;
  /** All logs of the machine with their compressed history. */
  readonly totalBytes: number;
}

export interface JournalSettings {
  /** 0: none are made by themselves. */
  readonly backupEveryMs: number;
  /** Of each store. */
  readonly backupsKept: number;
}

export interface MachineSettings {
  readonly launch: LaunchSettings;
  readonly logs: LogSettings;
  readonly journal: JournalSettings;
}

export function machineSettings(
  { launch = {}, logs = {}, journal = {} }: Pick<MachineFile, 'launch' | 'logs' | 'journal'>,
  coreCount: number = availableParallelism(),
): MachineSettings {
  const { rotateMiB, rotateHours, totalMiB } = logs;
  return {
    launch: { parallel: launch.parallel ?? limits.launchPerCore * coreCount },
    logs: {
      rotateBytes: rotateMiB === undefined ? limits.agentLogBytesMax : rotateMiB * MIB,
      rotateMs: rotateHours === undefined ? limits.agentLogAgeMsMax : rotateHours * HOUR_MS,
      totalBytes: totalMiB === undefined ? limits.machineLogBytesMax : totalMiB * MIB,
    },
    journal: {
      backupEveryMs: (journal.backup?.everyHours ?? 0) * HOUR_MS,
      backupsKept: journal.backup?.keep ?? limits.backupsKept,
    },
  };
}

/** Whether the bounds fit each other, also where one of them is a default. */
export function checkMachineSettings({ logs }: MachineSettings, machine: string, tree: Tree): Issue[] {
  if (logs.rotateBytes <= logs.totalBytes) return [];
  const [one, all] = [logs.rotateBytes / MIB, logs.totalBytes / MIB];
  const what = `a log of ${machine} may grow to ${one} MiB, and all its logs together to ${all} MiB`;
  return [issueAt(originAt(tree, ['logs', 'rotateMiB']), what, 'make `rotateMiB` smaller, or `totalMiB` larger')];
}

const MIB = 1024 * 1024;
const HOUR_MS = 3_600_000;
