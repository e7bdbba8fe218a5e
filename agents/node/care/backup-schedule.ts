/** When a store is to be backed up by itself. Pure; times are of the wall clock, because backups outlive their node. */
import { limits } from '../../../common/core/limits.js';

export interface BackupStanding {
  /** Of the newest backup that is there. */
  readonly newestMs: number | undefined;
  /** When this node tried the last time in vain. */
  readonly failedMs: number | undefined;
}

/** `everyMs` 0: never. A clock that was set back makes no backup wait for years. */
export function isBackupDue({ newestMs, failedMs }: BackupStanding, everyMs: number, nowMs: number): boolean {
  if (everyMs === 0) return false;
  if (failedMs !== undefined && Math.abs(nowMs - failedMs) < Math.min(limits.backupRetryMs, everyMs)) return false;
  return newestMs === undefined || Math.abs(nowMs - newestMs) >= everyMs;
}
