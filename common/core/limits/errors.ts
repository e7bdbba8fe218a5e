/** Bounds of reports of errors, of the counts of those that repeat, and of the groups on main. */
import { KIB, MIB } from './units.js';

export const errors = {
  /** Reports of one kind that a machine tells in full at once, and how often one more: beyond that they are counted. Enough
   *  to see how they differ; what fails less often than that is always told in full. */
  foldBurst: 5,
  foldRefillMs: 10_000,
  /** A count is told after this, then after twice as long, up to the longest: a flood of a minute is a dozen records. */
  foldIntervalMsMin: 1_000,
  foldIntervalMsMax: 30_000,
  /** Counts that are due within this are told together: floods of many kinds at once are as few messages as one. */
  foldAlignMs: 250,
  /** Kinds of errors that a machine tells apart at a time, all together and of one agent; further ones count together. As
   *  many counts by kind and agent. What the machine itself has to tell has room of its own: a few kinds for each agent. */
  foldKindsMax: 2_048,
  foldAgentKindsMax: 128,
  foldMachineKindsMax: 1_024,
  /** Counts beyond those, for agents whose errors have no other room left. */
  foldReserve: 1_024,
  /** Different reports that a reporter sends at once, and that wait in it while a batch is under way. Further ones are counted
   *  with those that come from the same place of the program, and beyond as many places by severity. */
  reportBatchMax: 256,
  /** What those that wait hold in memory, about. */
  reportsWaitingBytesMax: 4 * MIB,
  /** What is kept of a report that is counted, to tell the count with; of a longer one the facts and the end of the stack are
   *  left out. Those that were told in full before have it. */
  foldBodyBytesMax: 16 * KIB,
  /** Latest records shown with an error group. */
  errorOccurrencesShown: 16,
  /** Beyond it the groups that are resolved make room, and those that were silent for so long: twice the time of a job that
   *  runs, and fails, once a week. Where there is none of them further kinds are counted together. */
  errorGroupsMax: 10_000,
  errorGroupSilentMs: 14 * 86_400_000,
  /** Agents of machines that one group is counted for; what comes from further ones is counted together. */
  errorSourcesMax: 256,
  /** Calls that one group tells apart by their trace ids: up to here its impact is exact, beyond it is "at least". */
  errorTracesMax: 1_000,
  /** Occurrences that one report can stand for: more than happen in the time that is folded, and few enough that no sum of
   *  them leaves the numbers that are exact. */
  errorCountMax: 1_000_000_000,
  /** Rules of a fleet about its errors: each group that is listed looks at all of them. */
  errorRulesMax: 256,
  /** The longest mute, a year: what nobody ever wants to hear of is no error, and is better not reported. */
  errorMuteMsMax: 365 * 86_400_000,
  /** Frames of a stack that tell one error from another: deeper ones are more often about who called than about what failed. */
  errorFramesMax: 6,
  errorTextMax: 8 * KIB,
  errorStackMax: 32 * KIB,
  errorContextBytesMax: 32 * KIB,
  /** Facts beside one error; later ones are left out. */
  errorContextKeysMax: 64,
} as const;
