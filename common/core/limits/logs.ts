/** Bounds of the logs of agents and of reading them. */
import { KIB, MIB } from './units.js';

export const logs = {
  lastWordsBytesMax: 64 * KIB,
  lastLogLines: 20,
  /** Lines of a process's own log that wait for room on a full disk; beyond that they are counted and lost. */
  logWaitingBytesMax: 64 * KIB,
  /** An agent's log begins anew at this size, … */
  agentLogBytesMax: 16 * MIB,
  /** … or at this age, so that what happened on one day is found in one file. */
  agentLogAgeMsMax: 86_400_000,
  /** All logs of a machine with their history; the oldest history goes first. A disk that everybody has to spare. */
  machineLogBytesMax: 1_024 * MIB,
  /** One answer to a question for log lines, and one block of compressed history: what a reader holds at once. */
  logChunkBytesMax: 256 * KIB,
  /** Lines of one answer, and the most that can be asked for from the end; the reader asks again. */
  logLinesMax: 10_000,
  /** How far a log is searched for the place to begin at: lines before that are not shown. */
  logScanBytesMax: 64 * MIB,
  /** Times kept of one log; a full list becomes coarser in its older half. */
  logTimesMax: 4_096,
} as const;
