/**
 * The next step for a machine whose node does not answer, by what of it runs on this box: it was never started, it cannot
 * start, or it runs and is deaf. Who is told to start what runs already, or to take down what only hangs, is sent astray
 * at the worst moment.
 */
import type { MachineConfig } from '../../common/config/fleet-config.js';
import { isLocalAddress } from '../../common/config/machines/local-machine.js';
import {
  AGENT_VARIABLE,
  type FoundProcess,
  findProcesses,
  KEEPER_VARIABLE,
  tokenOf,
} from '../../common/core/process-scan.js';

export function nextStepFor(home: string, { name, address }: Pick<MachineConfig, 'name' | 'address'>): string {
  if (!isLocalAddress(address)) return `start it on ${address}, or look at the link to it`;
  return nextStepAmong(name, findProcesses(tokenOf(home, name)));
}

/** @param found whatever carries the mark of the machine. Pure. */
export function nextStepAmong(machine: string, found: readonly FoundProcess[]): string {
  const node = found.find(({ env }) => env[AGENT_VARIABLE] === 'node');
  const keeper = found.find(({ env }) => env[AGENT_VARIABLE] === 'keeper');
  if (node !== undefined) {
    const isKept = keeper !== undefined || !node.env[KEEPER_VARIABLE];
    const kill = `"kill -KILL ${node.pid}"${isKept ? '' : ` and "mesh up ${machine}"`}`;
    return `its node is there, process ${node.pid}: if it hangs, ${kill} ${isKept ? 'brings' : 'bring'} a new one, and its agents go on; if its port or address was changed, "mesh down ${machine}" and "mesh up ${machine}"`;
  }
  if (keeper === undefined) return `start it with "mesh up ${machine}"`;
  return `its keeper, process ${keeper.pid}, starts it again and again: why it ends is said at the end of data/${machine}/logs/node.log`;
}
