/** A process as `mesh ps` shows it. Pure. */
import type { ProcessRowBody } from '../../../common/protocol/catalogue.js';
import { instanceOf } from '../../../common/protocol/name.js';
import type { SupervisedProcess } from '../processes/supervised-process.js';
import { BROKER } from '../programs/process-plan.js';
import type { UsageSample } from '../resources/usage-history.js';

/**
 * @param why it is in its state, or still waits; empty when that is plain
 * @param usage of its living incarnation at the last look; before that its own word has to do
 */
export function processRow(
  process: SupervisedProcess,
  machine: string,
  why: string,
  usage: UsageSample,
): ProcessRowBody {
  const { name, plan, state, sinceMs, pid, epoch, attachment, restarts, startedMs, loopLagMs } = process;
  return {
    agent: name,
    machine,
    instance: instanceOf(name, machine),
    kind: name === BROKER ? 'broker' : 'agent',
    state,
    sinceMs,
    pid,
    epoch,
    version: attachment.version,
    capabilities: attachment.capabilities,
    actions: attachment.actions,
    control: attachment.control,
    restarts,
    startedMs,
    loopLagMs,
    rssBytes: usage.rssBytes ?? process.rssBytes,
    cpuPercent: usage.cpuPercent,
    openFiles: usage.openFiles,
    wave: plan.wave,
    required: plan.required,
    outdated: process.outdated,
    why,
    ...(process.lastExit === undefined ? {} : { lastExit: process.lastExit }),
  };
}
