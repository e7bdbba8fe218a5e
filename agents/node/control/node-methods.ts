/** What a node's control socket answers: agents attaching, records, look-ups, and the command line's questions. */
import { systemClock } from '../../../common/core/clock.js';
import type { BodyStore } from '../../../common/journal/bodies/body-store.js';
import type { Journal } from '../../../common/journal/machine/journal.js';
import type { Output, WelcomeBody } from '../../../common/protocol/catalogue.js';
import { ERRORS_STREAM } from '../../../common/protocol/errors/error-report.js';
import type { MethodHandlers } from '../../../common/wire/answering/method-table.js';
import { processMethods } from '../../../common/wire/answering/process-methods.js';
import { attachmentMethods } from '../attachment/attachment-methods.js';
import { bodyMethods } from '../attachment/body-methods.js';
import { journalMethods } from '../attachment/journal-methods.js';
import { reportMethods } from '../attachment/report-methods.js';
import type { LogChain } from '../logs/log-chain.js';
import { answerLogs } from '../logs/log-query.js';
import { NODE_AGENT } from '../records/incident.js';
import type { NodeJournal } from '../records/node-journal.js';
import type { LiveParts } from '../reload/live-parts.js';
import type { HealthBoard } from '../resources/health-board.js';
import type { Resources } from '../resources/resources.js';
import { processRow } from '../supervision/process-row.js';
import type { Supervisor } from '../supervision/supervisor.js';
import { controlMethods } from './control-methods.js';

export interface NodeMethodsOptions {
  readonly machine: string;
  readonly epoch: number;
  readonly version: string;
  readonly supervisor: Supervisor;
  readonly resources: Resources;
  readonly health: Pick<HealthBoard, 'hear'>;
  readonly journal: Journal;
  readonly live: Pick<LiveParts, 'policies' | 'streams' | 'errors'>;
  readonly bodies: BodyStore;
  readonly welcome: WelcomeBody;
  readonly status: () => Output<'node.status'>;
  readonly counters: () => Record<string, number>;
  readonly loopLagMs: () => number;
  readonly records: Pick<NodeJournal, 'append' | 'takeReports' | 'degraded'>;
  /** The output of an agent, of the broker, or of the node itself. @throws NOT_FOUND */
  readonly logOf: (name: string) => LogChain;
  readonly onStop: () => void;
}

export function nodeMethods(options: NodeMethodsOptions): MethodHandlers {
  const { machine, epoch, supervisor, resources } = options;
  const { policies, streams, errors } = options.live;
  return {
    ...processMethods({
      name: NODE_AGENT,
      machine,
      epoch,
      clock: systemClock,
      info: () => ({
        version: options.version,
        startedMs: options.status().startedMs,
        capabilities: [],
        actions: [],
      }),
      health: () => ({
        state: options.status().phase,
        loopLagMs: options.loopLagMs(),
        counters: options.counters(),
      }),
      onStop: options.onStop,
    }),
    ...attachmentMethods({
      supervisor,
      health: options.health,
      policies,
      welcome: options.welcome,
      clock: systemClock,
    }),
    'node.ps': () => ({
      machine,
      agents: supervisor.processes.map((process) => {
        const { name, pid } = process;
        return processRow(process, machine, supervisor.whyOf(process), resources.latest(name, pid));
      }),
    }),
    'node.usage': (input) => {
      if (input.agent !== undefined && input.agent !== NODE_AGENT) supervisor.find(input.agent);
      return resources.usage(input);
    },
    ...reportMethods({
      records: options.records,
      epoch,
      supervisor,
      assertMayReport: (agent) => streams.assertMayWrite(ERRORS_STREAM, agent),
      clock: systemClock,
    }),
    ...policies.handlers,
    ...streams.handlers,
    ...errors.handlers,
    ...bodyMethods(options.bodies),
    ...controlMethods(supervisor, machine),
    'node.status': () => options.status(),
    'node.logs': (input) => answerLogs(options.logOf(input.agent), input, systemClock),
    ...journalMethods({ ...options, streams, clock: systemClock }),
  };
}
