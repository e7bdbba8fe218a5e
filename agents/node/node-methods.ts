/** What a node's control socket answers: agents attaching, records, look-ups, and the command line's questions. */
import { systemClock } from '../../common/core/clock.js';
import { MeshError } from '../../common/core/errors.js';
import { limits } from '../../common/core/limits.js';
import type { BodyStore } from '../../common/journal/bodies/body-store.js';
import type { DedupeKeys } from '../../common/journal/machine/dedupe-table.js';
import type { Journal } from '../../common/journal/machine/journal.js';
import { type NewRecord, recordOf } from '../../common/journal/record.js';
import type { Input, Output, WelcomeBody } from '../../common/protocol/catalogue.js';
import { ERRORS_STREAM } from '../../common/protocol/errors/error-report.js';
import { PROTOCOL_VERSION } from '../../common/protocol/frames/envelope.js';
import type { MethodHandlers } from '../../common/wire/answering/method-table.js';
import { controlMethods } from './control-methods.js';
import type { LogChain } from './logs/log-chain.js';
import { answerLogs } from './logs/log-query.js';
import { bodyMethods } from './records/body-methods.js';
import { NODE_AGENT } from './records/incident.js';
import type { NodeJournal } from './records/node-journal.js';
import { reportMethods } from './records/report-methods.js';
import type { LiveParts } from './reload/live-parts.js';
import type { Resources } from './resources/resources.js';
import { SharedMoment } from './shared-moment.js';
import type { HealthBoard } from './supervision/health-board.js';
import { processRow } from './supervision/process-row.js';
import type { Supervisor } from './supervision/supervisor.js';

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
  const { machine, epoch, supervisor, resources, welcome } = options;
  const { policies, streams, errors } = options.live;
  const beatAnswers = new SharedMoment(limits.heartbeatIntervalMs / 4);
  return {
    'mesh.ping': () => ({ name: 'node', machine, epoch, tsMs: systemClock.wallMs() }),
    'mesh.info': () => ({
      name: 'node',
      machine,
      epoch,
      pid: process.pid,
      version: options.version,
      protocol: PROTOCOL_VERSION,
      startedMs: options.status().startedMs,
      capabilities: [],
      actions: [],
    }),
    'mesh.health': () => ({
      state: options.status().phase,
      uptimeMs: Math.floor(process.uptime() * 1_000),
      loopLagMs: options.loopLagMs(),
      rssBytes: process.memoryUsage.rss(),
      counters: options.counters(),
    }),
    'mesh.stop': () => {
      setImmediate(options.onStop);
      return { stopping: true };
    },

    'node.welcome': ({ protocol }) => {
      assertVersion(protocol);
      return welcome;
    },
    'node.attach': (input) => {
      assertVersion(input.protocol);
      const process = supervisor.find(input.agent);
      process.assertCurrent(input.epoch, input.pid);
      process.onAttach(input);
      return { ...welcome, config: process.plan.config, ...policies.attached };
    },
    'node.ready': ({ agent, epoch: agentEpoch, health }) => {
      const process = supervisor.find(agent);
      process.assertCurrent(agentEpoch);
      if (health !== undefined) options.health.hear(agent, agentEpoch, health, systemClock.monotonicMs());
      process.onReady();
      return {};
    },
    'node.draining': ({ agent, epoch: agentEpoch }) => {
      const process = supervisor.find(agent);
      process.assertCurrent(agentEpoch);
      process.onDraining();
      return {};
    },
    'node.beat': async ({ agent, epoch: agentEpoch, loopLagMs, rssBytes, health }) => {
      const process = supervisor.find(agent);
      process.assertCurrent(agentEpoch);
      process.onBeat(loopLagMs, rssBytes);
      if (health !== undefined) options.health.hear(agent, agentEpoch, health, systemClock.monotonicMs());
      await beatAnswers.next();
      return policies.beatAnswer;
    },
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

    'journal.emit': (input) => emit(options, input),
    'journal.checkpoint': async ({ agent, name }) => ({
      value: (await options.journal.checkpoint(agent, name)) ?? null,
    }),
    'journal.status': async () => {
      const { journalId, lastSeq, ackedSeq, pendingCount, sizeBytes } = await options.journal.status();
      return { machine, journalId, lastSeq, ackedSeq, pendingCount, sizeBytes, degraded: options.records.degraded };
    },
  };
}

function assertVersion(protocol: number): void {
  if (protocol === PROTOCOL_VERSION) return;
  throw new MeshError('BAD_VERSION', `protocol ${protocol} is not spoken here; this node speaks ${PROTOCOL_VERSION}`, {
    hint: 'run the same release of the mesh on both sides',
    details: { protocol: PROTOCOL_VERSION },
  });
}

async function emit(
  { bodies, records: journal, live: { streams }, supervisor }: NodeMethodsOptions,
  input: Input<'journal.emit'>,
): Promise<Output<'journal.emit'>> {
  const { agent, epoch, firstSeq, records, checkpoint } = input;
  // A process that was replaced may still hold what it wants to say: its successor's words count.
  supervisor.findIfAny(agent)?.assertNotStale(epoch);
  for (const [stream] of records) streams.assertMayWrite(stream, agent);
  for (const [, , , marks] of records) if (marks?.ref !== undefined) await bodies.assertHeld(marks.ref);
  const dedupe = dedupeOf(records);
  const stored = await journal.append({
    producer: { id: `${agent}#${epoch}`, firstSeq },
    records: records.map((record) => newRecordOf(record, agent, epoch)),
    ...(checkpoint === undefined ? {} : { checkpoint: { agent, name: checkpoint.name, bytes: checkpoint.value } }),
    ...(dedupe === undefined ? {} : { dedupe }),
  });
  const { journalId, firstSeq: seq, hashes, repeats } = stored;
  return { journalId, firstSeq: seq, hashes: [...hashes], ...(repeats === undefined ? {} : { repeats: [...repeats] }) };
}

function newRecordOf(
  [stream, tsMs, body, marks]: Input<'journal.emit'>['records'][number],
  agent: string,
  epoch: number,
): NewRecord {
  const record = recordOf(stream, Math.floor(tsMs), agent, epoch, body);
  if (marks === undefined) return record;
  const { trace = '', ref = '', key = '' } = marks;
  return { ...record, trace, ref, key };
}

function dedupeOf(records: Input<'journal.emit'>['records']): DedupeKeys | undefined {
  if (!records.some(([, , , marks]) => marks?.dedupeKey !== undefined)) return undefined;
  return { keys: records.map(([, , , marks]) => marks?.dedupeKey ?? ''), wallMs: systemClock.wallMs() };
}
