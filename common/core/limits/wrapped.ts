/** Bounds of programs that know nothing of the mesh and are put on it by their output. */
import { KIB } from './units.js';

export const wrapped = {
  /** Lines of standard error that come closer together than this may belong together; then what was begun is told. */
  wrapQuietMs: 100,
  /** A block is told this long after its first line at the latest: a program that never pauses is heard all the same. */
  wrapQuantumMs: 1_000,
  /** Characters of a line that are looked at; the rest of it is passed on unread. */
  wrapLineMax: 4 * KIB,
  /** Lines of a block that are told; the rest is counted. A deep recursion has thousands. */
  wrapBlockLinesMax: 200,
  /** Reports that a program may bring forth at once, and how often one more; what is beyond that is told as a number. */
  wrapReportsBurst: 20,
  wrapReportIntervalMs: 1_000,
  /** How often what was counted is told, and how many different messages are counted one by one. */
  wrapFoldMs: 5_000,
  wrapFoldKeysMax: 16,
  /** Reports that wait for a mesh that does not answer; the next is counted as untold. */
  wrapReportsWaitingMax: 200,
  /**
   * After the end of the program: without a word, until the rest of its standard error is given up, which a child of it may
   * hold open for ever. What it wrote itself comes without a pause; whoever goes on writing is cut off by the second bound.
   */
  wrapRestMs: 250,
  wrapRestMsMax: 10_000,
} as const;
