/** Each step of a process's life, for people (the node's log) and for whoever asks later (the stream `lifecycle`). */
import type { AgentLog } from '../../../common/log/log.js';
import type { Transition } from '../processes/supervision.js';
import type { NodeJournal } from '../records/node-journal.js';

export const LIFECYCLE_STREAM = 'lifecycle';

export class LifecycleRecords {
  constructor(
    private readonly records: Pick<NodeJournal, 'record'>,
    private readonly log: AgentLog,
  ) {}

  onTransition({ process, from, to, event, why, pid, epoch }: Transition<{ readonly name: string }>): void {
    const { name: agent } = process;
    const body = { agent, from, to, event, why, pid, epoch };
    // `agent` and `pid` of a line are those of the node that writes it.
    this.log.info(
      { process: agent, from, event, processPid: pid, epoch },
      why === '' ? `${agent} is ${to}` : `${agent} is ${to}: ${why}`,
    );
    this.records.record(LIFECYCLE_STREAM, agent, epoch, body);
  }
}
