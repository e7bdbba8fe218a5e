/** What a machine's node answers: agents that attach, and the command line. */

import { limits } from '../../core/limits.js';
import { ErrorRule } from '../errors/error-rule.js';
import {
  AgentChange,
  Count,
  closed,
  method,
  Nothing,
  Policies,
  PolicyRevision,
  ProcessRow,
  rolloutStates,
  Text,
  Usage,
  WaitMs,
  Welcome,
} from '../message-parts.js';
import { AgentEntry, Endpoint, Epoch, Health, Name, WallMs } from '../registry-entry.js';
import { StreamRule } from '../stream-rule.js';
import { type TSchema, Type } from '../type.js';

/** Asked again and again by whoever follows them. */
const rulesPoll = <R extends TSchema>(what: string, rules: R) =>
  method(
    'node',
    `${what}; without the rules when they are still those of the revision that was named.`,
    closed({ revision: Type.Optional(PolicyRevision), waitMs: WaitMs }),
    closed({ revision: PolicyRevision, rules: Type.Optional(rules) }),
  );

export const nodeMessages = {
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
  'node.policies': rulesPoll('The rules for calls', Policies.properties.rules),
  'node.streams': rulesPoll(
    'What the fleet says about its streams, for the broker of main',
    Type.Array(StreamRule, { maxItems: limits.streamRulesMax }),
  ),
  'node.errors': rulesPoll(
    'What the fleet says about its errors, for the broker of main',
    Type.Array(ErrorRule, { maxItems: limits.errorRulesMax }),
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
} as const;
