/** Whether the log of a process is to begin anew, and how. Pure. */
import type { LogSettings } from '../../../common/config/machines/machine-settings.js';

/** What of the settings follows for one log. */
export interface LogBounds {
  /** A log begins anew at this size or age. */
  readonly rotateBytes: number;
  readonly rotateMs: number;
  /** A log that is larger than this is not copied any more: its middle is dropped. */
  readonly dropBytes: number;
  /** What a log keeps of what is dropped. */
  readonly tailBytes: number;
  /** All logs with their history. */
  readonly totalBytes: number;
}

export interface LogLook {
  readonly sizeBytes: number;
  readonly ageMs: number;
  readonly isRunning: boolean;
  /** Pieces of it that wait to be compressed. */
  readonly waitingCount: number;
}

export type Rotation = 'none' | 'rename' | 'copy' | 'drop';

const TAIL_BYTES = 256 * 1024;
/** Pieces that may wait for the compressor: a process that fills them faster writes more than can be kept. */
const WAITING_MAX = 2;

/** One log and its copy take half of the room at most, so that a flood leaves the other half to everybody's history. */
export function logBounds({ rotateBytes, rotateMs, totalBytes }: LogSettings): LogBounds {
  const boundBytes = Math.min(rotateBytes, Math.floor(totalBytes / 8));
  return {
    rotateBytes: boundBytes,
    rotateMs,
    dropBytes: Math.floor(totalBytes / 4),
    tailBytes: Math.min(TAIL_BYTES, Math.floor(boundBytes / 4)),
    totalBytes,
  };
}

export function rotationOf(look: LogLook, bounds: LogBounds): Rotation {
  const { sizeBytes, ageMs, isRunning, waitingCount } = look;
  const isLarge = sizeBytes >= bounds.rotateBytes;
  if (sizeBytes === 0 || !(isLarge || ageMs >= bounds.rotateMs)) return 'none';
  if (!isRunning) return 'rename';
  return sizeBytes > bounds.dropBytes || (isLarge && waitingCount >= WAITING_MAX) ? 'drop' : 'copy';
}
