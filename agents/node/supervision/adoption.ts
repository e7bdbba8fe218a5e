/**
 * What a node that begins finds of its processes: whom it takes over, and whom it ends. Pure.
 *
 * Two witnesses: the table of the node before (pid, start and boot are still the same: it is that process, and no other
 * that was given its pid), and the token that every process of the machine carries. The table knows which of several
 * processes is the agent itself; the token finds what the table could not say any more. A process that neither speaks for
 * is nobody's business here and is never touched.
 */

import {
  AGENT_VARIABLE,
  EPOCH_VARIABLE,
  type FoundProcess,
  isDaemon,
  isErrand,
  type ProcessStat,
} from '../../../common/core/process-scan.js';
import type { ProcessRecord } from '../../../common/journal/processes/process-store.js';
import { isAlive } from '../processes/agent-lifecycle.js';
import type { Living } from '../processes/incarnation.js';

export interface AdoptionInput {
  readonly records: readonly ProcessRecord[];
  /** Whatever carries the machine's token. */
  readonly found: readonly FoundProcess[];
  /** Who belongs here. */
  readonly names: ReadonlySet<string>;
  readonly bootId: string;
  readonly stat: (pid: number) => ProcessStat | undefined;
}

export interface Adoption {
  readonly adopted: ReadonlyMap<string, Living>;
  /** Leaders of groups that do not belong here any more. */
  readonly endGroups: readonly number[];
  /** Whose leader is gone; it alone, because whoever else is in that group may be none of ours. */
  readonly endProcesses: readonly number[];
}

interface Candidate extends Living {
  readonly agent: string;
}

export function planAdoption({ records, found, names, bootId, stat }: AdoptionInput): Adoption {
  const proved = records.filter((record) => isSame(record, bootId, stat)).map(candidateOf);
  const recorded = new Map(records.map((record) => [record.agent, record]));
  const own = found.filter((process) => !isDaemon(process));
  const leaders = new Set([...found.filter(isLeader), ...proved].map(({ pid }) => pid));
  const seen = own
    .filter((process) => isLeader(process) && !isErrand(process.env) && !proved.some(({ pid }) => pid === process.pid))
    .map(foundCandidate);

  const adopted = new Map<string, Candidate>();
  const endGroups: number[] = [];
  for (const candidate of [...proved, ...seen].sort(newestFirst)) {
    const { agent, epoch, pid } = candidate;
    const taken = adopted.get(agent);
    // What an agent started in a group of its own bears its marks: it belongs to the incarnation that was just adopted.
    if (taken?.epoch === epoch) continue;
    const isAgent = candidate.known !== undefined || !isLeftover(candidate, recorded.get(agent));
    if (names.has(agent) && epoch !== NO_EPOCH && taken === undefined && isAgent) adopted.set(agent, candidate);
    else endGroups.push(pid);
  }
  // Hooks and probes of the earlier node have nobody left who waits for them; what they started ends with them, before
  // the same hook is run anew.
  endGroups.push(...own.filter((process) => isLeader(process) && isErrand(process.env)).map(({ pid }) => pid));
  const orphans = own.filter((process) => !isLeader(process) && !leaders.has(process.pgid));
  return { adopted, endGroups, endProcesses: orphans.map(({ pid }) => pid) };
}

/** The table knows that incarnation, and that this is not its process: a child that outlived it. */
const isLeftover = ({ epoch }: Candidate, record: ProcessRecord | undefined): boolean =>
  record?.epoch === epoch && (record.pid !== 0 || !isAlive(record.state));

const isLeader = ({ pid, pgid }: FoundProcess): boolean => pid === pgid;

function isSame(record: ProcessRecord, bootId: string, stat: AdoptionInput['stat']): boolean {
  if (record.pid === 0 || bootId === '' || record.bootId !== bootId) return false;
  return stat(record.pid)?.startTicks === record.startTicks;
}

const candidateOf = ({ agent, pid, startTicks, epoch, startedMs, planHash, attachment }: ProcessRecord): Candidate => ({
  agent,
  pid,
  startTicks,
  epoch,
  known: { startedMs, planHash, attachment },
});

const foundCandidate = ({ pid, startTicks, env }: FoundProcess): Candidate => ({
  agent: env[AGENT_VARIABLE] ?? '',
  pid,
  startTicks,
  epoch: epochOf(env),
});

/** An environment that says nothing sensible is that of no incarnation; every real one is newer. */
function epochOf(env: FoundProcess['env']): number {
  const epoch = Number(env[EPOCH_VARIABLE]);
  return Number.isSafeInteger(epoch) && epoch > 0 ? epoch : NO_EPOCH;
}
const NO_EPOCH = -1;

/** The newest incarnation first; of one, whom the table knows, and then who was there first: the agent itself. */
const newestFirst = (a: Candidate, b: Candidate): number =>
  b.epoch - a.epoch || Number(b.known !== undefined) - Number(a.known !== undefined) || a.startTicks - b.startTicks;
