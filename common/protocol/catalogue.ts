/**
 * The message catalogue: every method of the mesh, who answers it, what goes in, what comes out, and one sentence.
 * The types of clients and servers, validation, docs/PROTOCOL.md and the fuzzers are all made from this one table.
 * Methods and fields may be added, never renamed; what a receiver does not know in a reply, it ignores.
 */

import { limits } from '../core/limits.js';
import { ErrorReportInput } from './error-report.js';
import {
  ActionCounts,
  AgentChange,
  Body,
  CallRecord,
  Count,
  Counters,
  closed,
  ErrorGroup,
  EventSeq,
  Hash,
  JournalId,
  JournalStatus,
  KeptBody,
  LogRecord,
  MaybeHash,
  method,
  Nothing,
  Policies,
  PolicyRevision,
  ProcessRow,
  Publisher,
  RegistryFilter,
  rolloutStates,
  Stream,
  SubscriptionState,
  Text,
  Topic,
  Usage,
  WaitMs,
  Welcome,
} from './message-parts.js';
import {
  ActionName,
  AgentEntry,
  AgentView,
  Endpoint,
  Epoch,
  Health,
  MachineEntry,
  MachineTable,
  Name,
  RegistryChange,
  WallMs,
} from './registry-entry.js';
import { Bytes } from './schema.js';
import { type Static, Type } from './type.js';

export const catalogue = {
  'mesh.ping': method(
    'every',
    'Answers at once: the process lives and its event loop turns.',
    Nothing,
    closed({ name: Name, machine: Name, epoch: Epoch, tsMs: WallMs }),
  ),
  'mesh.info': method(
    'every',
    'Who this is and what it can do, with the schema of each action.',
    Nothing,
    closed({
      name: Name,
      machine: Name,
      epoch: Epoch,
      pid: Count,
      version: Type.String(),
      protocol: Type.Integer(),
      startedMs: WallMs,
      capabilities: Type.Array(Name),
      actions: Type.Array(
        closed({
          name: Type.String(),
          description: Type.String(),
          input: Type.Unknown(),
          output: Type.Unknown(),
          items: Type.Optional(Type.Unknown({ description: 'schema of what it yields' })),
          idempotent: Type.Optional(Type.Boolean({ description: 'may be repeated though it may have run' })),
        }),
      ),
    }),
  ),
  'mesh.health': method(
    'every',
    'How it fares: state, lag of the event loop, memory, and its counters of drops, refusals and work done.',
    Nothing,
    closed({
      state: Type.String(),
      uptimeMs: Count,
      loopLagMs: Type.Number(),
      rssBytes: Count,
      counters: Counters,
      health: Type.Optional(Health),
      actions: Type.Optional(Type.Record(Type.String(), ActionCounts)),
      subscriptions: Type.Optional(
        Type.Array(SubscriptionState, {
          maxItems: limits.subscriptionsShown,
          description: 'of events, those in trouble first',
        }),
      ),
    }),
  ),
  'mesh.stop': method(
    'every',
    'Finish what is in hand and end. A node takes its whole machine down.',
    Nothing,
    closed({ stopping: Type.Boolean() }),
  ),
  'mesh.calls': method(
    'agent',
    'Its latest calls under a policy, in the order in which they ended: what was tried, and what came of it.',
    closed({
      service: Type.Optional(Name),
      action: Type.Optional(ActionName),
      last: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.callTrailKept })),
    }),
    closed({ policies: PolicyRevision, calls: Type.Array(CallRecord, { maxItems: limits.callTrailKept }) }),
  ),

  'node.welcome': method(
    'node',
    'Where the parts of the mesh are: the first question of every client.',
    closed({ protocol: Type.Integer() }),
    Welcome,
  ),
  'node.attach': method(
    'node',
    'An agent that was started says who it is; it learns where everything is, and its part of the configuration.',
    closed({
      protocol: Type.Integer(),
      agent: Name,
      epoch: Epoch,
      pid: Count,
      control: Endpoint,
      version: AgentEntry.properties.version,
      capabilities: AgentEntry.properties.capabilities,
      actions: AgentEntry.properties.actions,
      ipc: AgentEntry.properties.ipc,
      idempotent: AgentEntry.properties.idempotent,
    }),
    closed({ ...Welcome.properties, config: Type.Unknown(), policies: Type.Optional(Policies) }),
  ),
  'node.ready': method(
    'node',
    'The agent serves from now on.',
    closed({ agent: Name, epoch: Epoch, health: Type.Optional(Health) }),
    Nothing,
  ),
  'node.draining': method(
    'node',
    'The agent is ending: no new calls, please.',
    closed({ agent: Name, epoch: Epoch }),
    Nothing,
  ),
  'node.beat': method(
    'node',
    "The agent's word, every second, and its health when that is noticeably another. NOT_ATTACHED means the node is a new one: attach again.",
    closed({
      agent: Name,
      epoch: Epoch,
      loopLagMs: Type.Number({ minimum: 0 }),
      rssBytes: Count,
      health: Type.Optional(Health),
    }),
    closed({
      policies: Type.Optional(
        Type.String({
          maxLength: 16,
          description:
            'revision of the rules for calls, once they have changed: those of another one are to be asked for',
        }),
      ),
    }),
  ),
  'node.policies': method(
    'node',
    'The rules for calls; without them when they are still those of the revision that was named.',
    closed({ revision: Type.Optional(PolicyRevision), waitMs: WaitMs }),
    closed({ revision: PolicyRevision, rules: Type.Optional(Policies.properties.rules) }),
  ),
  'node.ps': method(
    'node',
    'The processes of this machine.',
    Nothing,
    closed({ machine: Name, agents: Type.Array(ProcessRow) }),
  ),
  'node.status': method(
    'node',
    'The node itself: how far its start is, its links to main, and what is wrong.',
    Nothing,
    closed({
      machine: Name,
      role: Type.Enum(['main', 'secondary']),
      epoch: Epoch,
      pid: Count,
      startedMs: WallMs,
      phase: Type.Enum(['starting', 'ready', 'degraded', 'stopping']),
      readyCount: Count,
      agentCount: Count,
      links: Type.Record(Type.String(), closed({ up: Type.Boolean(), sinceMs: WallMs, detail: Type.String() })),
      problems: Type.Array(Text),
      warnings: Type.Array(Text),
    }),
  ),
  'node.start': method(
    'node',
    'Start an agent that is down, or release it from quarantine; answers when that has begun. One that runs stays as it is.',
    closed({ agent: Name }),
    closed({ state: AgentEntry.properties.state, epoch: Epoch }),
  ),
  'node.stop': method(
    'node',
    'Drain an agent and keep it down, across restarts of the node; answers when that has begun.',
    closed({ agent: Name }),
    closed({ state: AgentEntry.properties.state, epoch: Epoch }),
  ),
  'node.restart': method(
    'node',
    'Drain an agent and start it again; answers with the incarnation that is to end, when that has begun.',
    closed({ agent: Name }),
    closed({ state: AgentEntry.properties.state, epoch: Epoch }),
  ),
  'node.reload': method(
    'node',
    'Read the configuration again and roll it out agent by agent; with `dryRun` only say what that would do. A configuration with faults is refused whole.',
    closed({ dryRun: Type.Optional(Type.Boolean()) }),
    closed({
      changes: Type.Array(AgentChange),
      needsNode: Type.Array(Type.String(), {
        description: 'changes that take effect only when the node is started anew',
      }),
    }),
  ),
  'node.rollout': method(
    'node',
    'How far the last reload is.',
    Nothing,
    closed({
      state: Type.Enum(['none', ...rolloutStates]),
      why: Text,
      steps: Type.Array(closed({ ...AgentChange.properties, state: Type.Enum([...rolloutStates]), why: Text })),
    }),
  ),
  'node.usage': method(
    'node',
    'What the agents, the broker and the node of this machine used within the last hour, each with its children: processor, memory, files, lag of the event loop.',
    closed({
      agent: Type.Optional(Name),
      points: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: limits.usageSamplesKept,
          description: `fold the samples into at most so many: means of the processor, peaks of the rest; default and most: ${limits.usageSamplesKept} of one agent, ${limits.usagePointsMax} of all`,
        }),
      ),
    }),
    closed({ machine: Name, agents: Type.Array(Usage) }),
  ),
  'node.logs': method(
    'node',
    "Lines of an agent's output, a page at a time: the last ones, those since a time, or those after an offset as they come. An offset holds across rotations. Ask again at `nextOffset` until `endOffset`.",
    closed({
      agent: Name,
      last: Type.Optional(Type.Integer({ minimum: 0, maximum: limits.logLinesMax })),
      sinceMs: Type.Optional(WallMs),
      offset: Type.Optional(Count),
      file: Type.Optional(
        Type.String({
          maxLength: limits.nameLengthMax,
          description: 'of the answer before: tells a log apart that was begun anew',
        }),
      ),
      waitMs: WaitMs,
    }),
    closed({
      file: Type.String(),
      startOffset: Type.Integer({ minimum: 0, description: 'more than was asked for when what was there is gone' }),
      nextOffset: Count,
      endOffset: Type.Integer({ minimum: 0, description: 'where the log ends now' }),
      lines: Type.Array(Type.String()),
      times: Type.Array(Type.Union([WallMs, Type.Null()]), {
        description: 'when each line was written: what it says itself, else to about a second; null where nobody knows',
      }),
    }),
  ),

  'journal.emit': method(
    'node',
    'Durable records, answered after fsync. One batch in flight per emitter; repeated unchanged until answered, it counts once.',
    closed({
      agent: Name,
      epoch: Epoch,
      firstSeq: Type.Integer({ minimum: 1, description: "the emitter's own count of its records" }),
      records: Type.Array(Type.Tuple([Stream, WallMs, Body]), {
        maxItems: limits.recordBatchMax,
        description: 'none, when only the checkpoint moves',
      }),
      checkpoint: Type.Optional(
        closed({ name: Type.String({ maxLength: limits.topicLengthMax }), value: Bytes(limits.checkpointBytesMax) }),
      ),
    }),
    closed({ journalId: JournalId, firstSeq: Type.Integer({ minimum: 1 }), hashes: Type.Array(Hash) }),
  ),
  'journal.checkpoint': method(
    'node',
    'The value that an agent stored together with its last batch under that name.',
    closed({ agent: Name, name: Type.String({ maxLength: limits.topicLengthMax }) }),
    closed({ value: Type.Union([Bytes(limits.checkpointBytesMax), Type.Null()]) }),
  ),
  'journal.status': method(
    'node',
    "The machine's journal: how much is stored, how much main has acknowledged.",
    Nothing,
    JournalStatus,
  ),
  'journal.verify': method(
    'node',
    'Walks every hash of the journal.',
    Nothing,
    closed({
      checkedCount: Count,
      damaged: Type.Array(closed({ journalId: Type.String(), seq: Count, reason: Text })),
    }),
  ),
  'error.report': method(
    'node',
    'One error, for clients that do not seal records themselves; answered after fsync.',
    closed({ agent: Name, report: ErrorReportInput }),
    closed({ journalId: JournalId, seq: Type.Integer({ minimum: 1 }) }),
  ),

  'events.keep': method(
    'broker',
    'The last values of topics, for those who subscribe later; on its own machine, by their publisher. An older one changes nothing.',
    closed({
      publisher: Publisher,
      values: Type.Array(Type.Tuple([Topic, EventSeq, WallMs, KeptBody]), { maxItems: limits.recordBatchMax }),
    }),
    Nothing,
  ),
  'events.last': method(
    'broker',
    "The kept values of this machine's topics, or those that changed after a revision of this broker's epoch; `more` asks for the next page.",
    closed({ pattern: Topic, epoch: Type.Optional(Epoch), after: Type.Optional(Count) }),
    closed({
      epoch: Epoch,
      revision: Type.Integer({ minimum: 0, description: 'continue after this one' }),
      more: Type.Boolean(),
      values: Type.Array(Type.Tuple([Topic, Publisher, EventSeq, WallMs, KeptBody])),
    }),
  ),

  'registry.list': method(
    ['registry', 'node'],
    'Every machine and every agent, with the age of that knowledge.',
    Nothing,
    closed({ epoch: Epoch, revision: Count, machines: Type.Array(MachineEntry), agents: Type.Array(AgentView) }),
  ),
  'registry.find': method(
    ['registry', 'node'],
    'Agents by name, machine, capability, action or state.',
    closed(RegistryFilter),
    closed({ agents: Type.Array(AgentView) }),
  ),
  'registry.watch': method(
    ['registry', 'node'],
    'Changes after a revision, or a snapshot when there is none, it is another epoch, or it is too long ago.',
    closed({ epoch: Type.Optional(Epoch), revision: Type.Optional(Count), waitMs: WaitMs }),
    closed({
      epoch: Epoch,
      revision: Count,
      snapshot: Type.Optional(closed({ machines: Type.Array(MachineEntry), agents: Type.Array(AgentView) })),
      changes: Type.Optional(Type.Array(RegistryChange)),
    }),
  ),
  'registry.sync': method(
    'registry',
    "A node's whole table, sent when it changed or when the registry says it does not know it.",
    MachineTable,
    closed({ revision: Count }),
  ),
  'registry.heartbeat': method(
    'registry',
    "The machine's word, every second, with the mark of its table; `known: false` asks for the table.",
    closed({ machine: Name, epoch: Epoch, revision: Count, digest: Type.String({ maxLength: 64 }) }),
    closed({ known: Type.Boolean() }),
  ),

  'log.hello': method(
    'log',
    'How far main has this journal, and under which hash: what both sides compare before anything is sent.',
    closed({
      machine: Name,
      journalId: JournalId,
      parentId: Type.Optional(
        Type.Union([JournalId, Type.Null()], { description: 'the chain before this one in its file' }),
      ),
    }),
    closed({
      headSeq: Count,
      headHash: MaybeHash,
      siblingId: Type.Optional(
        Type.String({ description: 'another chain after the same parent: the file was restored from a backup' }),
      ),
    }),
  ),
  'log.append': method(
    'log',
    'Records of one journal in order, each with its hash; acknowledged after fsync. A known one is compared, never stored twice. A hole names a record its machine lost.',
    closed({
      machine: Name,
      journalId: JournalId,
      previous: MaybeHash,
      entries: Type.Array(
        Type.Union([
          Type.Tuple([Type.Integer({ minimum: 1 }), WallMs, Stream, Name, Epoch, Body, Hash]),
          Type.Tuple([Type.Integer({ minimum: 1 }), MaybeHash, Text]),
        ]),
        { minItems: 1, maxItems: limits.recordBatchMax },
      ),
    }),
    closed({ headSeq: Count }),
  ),
  'log.read': method(
    'log',
    "Records of main's log after an id, as they come; or the last ones.",
    closed({
      stream: Type.Optional(Stream),
      machine: Type.Optional(Name),
      agent: Type.Optional(Name),
      afterId: Type.Optional(Count),
      last: Type.Optional(Type.Integer({ minimum: 0, maximum: limits.logReadMax })),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.logReadMax })),
      waitMs: WaitMs,
    }),
    closed({
      records: Type.Array(LogRecord),
      nextId: Type.Integer({ minimum: 0, description: 'continue after this id' }),
    }),
  ),
  'log.errors': method(
    'log',
    'The groups of the error bus, latest first.',
    closed({ limit: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.logReadMax })) }),
    closed({ groups: Type.Array(ErrorGroup) }),
  ),
  'log.error': method(
    'log',
    'One group by the start of its fingerprint, with its latest occurrences.',
    closed({ fingerprint: Type.String({ pattern: '^[0-9a-f]{4,16}$', maxLength: 16 }) }),
    closed({ group: ErrorGroup, occurrences: Type.Array(LogRecord) }),
  ),
  'log.status': method(
    'log',
    "Main's log: its journals, their heads, and its size.",
    Nothing,
    closed({
      headId: Count,
      sizeBytes: Count,
      degraded: Type.String(),
      journals: Type.Array(closed({ journalId: JournalId, machine: Name, headSeq: Count })),
    }),
  ),
} as const;

export type MethodName = keyof typeof catalogue;
export type Input<M extends MethodName> = Static<(typeof catalogue)[M]['input']>;
export type Output<M extends MethodName> = Static<(typeof catalogue)[M]['output']>;
export type WelcomeBody = Static<typeof Welcome>;
export type LogRecordBody = Static<typeof LogRecord>;
export type ErrorGroupBody = Static<typeof ErrorGroup>;
export type ProcessRowBody = Static<typeof ProcessRow>;
export type AgentChangeBody = Static<typeof AgentChange>;
export type UsageBody = Static<typeof Usage>;

export const isMethodName = (name: string): name is MethodName => Object.hasOwn(catalogue, name);
