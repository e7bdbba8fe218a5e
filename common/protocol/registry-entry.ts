/** The rows of the registry, as they travel: what is known of a machine and of each agent instance on it. */

import { limits } from '../core/limits.js';
import { ACTION_PATTERN, NAME_PATTERN } from './name.js';
import { type Static, Type } from './type.js';

export const Name = Type.String({ pattern: NAME_PATTERN, maxLength: limits.nameLengthMax });
export const ActionName = Type.String({ pattern: ACTION_PATTERN, maxLength: limits.nameLengthMax });
export const Epoch = Type.Integer({
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  description: 'number of the incarnation',
});
export const WallMs = Type.Number({ minimum: 0, description: 'milliseconds since the Unix epoch' });
/** `tcp://host:port` to connect to; empty while there is none. */
export const Endpoint = Type.String({ maxLength: limits.topicLengthMax });

/**
 * starting: spawned, not ready · ready: serves · busy: alive, but its event loop lags or its words stay out ·
 * draining: finishing what it has · stopped: ended on request · completed: ended by itself with exit code 0, and is not
 * to be started again · failed: ended otherwise, and is not to be started again · backoff: ended by itself, will be
 * started again · quarantined: was started too often; stays down until somebody starts it.
 */
export const agentStates = [
  'starting',
  'ready',
  'busy',
  'draining',
  'stopped',
  'completed',
  'failed',
  'backoff',
  'quarantined',
] as const;
export type AgentState = (typeof agentStates)[number];

const object = { additionalProperties: false } as const;

export const Health = Type.Object(
  {
    score: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 100,
        description: '100 is well; absent for a program that does not say how it fares',
      }),
    ),
    reasons: Type.Array(Type.String({ maxLength: limits.topicLengthMax }), {
      maxItems: limits.healthReasonsMax,
      description: 'why it is not 100, in words',
    }),
  },
  object,
);

/** The same for those on its machine; absent for a program that has none. */
const LocalEndpoint = Type.String({ maxLength: limits.topicLengthMax, description: '`ipc:///path`' });
const IdempotentActions = Type.Array(ActionName, {
  maxItems: limits.actionsPerAgentMax,
  description: 'those of its actions that may run twice; absent when it has none',
});

export const AgentEntry = Type.Object(
  {
    agent: Name,
    machine: Name,
    epoch: Epoch,
    state: Type.Enum([...agentStates]),
    sinceMs: WallMs,
    pid: Type.Integer({ minimum: 0 }),
    version: Type.String({ maxLength: limits.nameLengthMax }),
    capabilities: Type.Array(Name, { maxItems: limits.actionsPerAgentMax }),
    actions: Type.Array(ActionName, { maxItems: limits.actionsPerAgentMax }),
    control: Endpoint,
    ipc: Type.Optional(LocalEndpoint),
    idempotent: Type.Optional(IdempotentActions),
    health: Type.Optional(Health),
  },
  object,
);
export type AgentEntry = Static<typeof AgentEntry>;

/** A machine's whole table, in its node's words. `revision` counts its changes within the node's epoch. */
export const MachineTable = Type.Object(
  {
    machine: Name,
    role: Type.Enum(['main', 'secondary']),
    epoch: Epoch,
    revision: Type.Integer({ minimum: 0 }),
    node: Endpoint,
    agents: Type.Array(AgentEntry, { maxItems: limits.agentsPerMachineMax }),
  },
  object,
);
export type MachineTable = Static<typeof MachineTable>;

/** A machine as the registry sees it. */
export const MachineEntry = Type.Object(
  {
    machine: Name,
    role: Type.Enum(['main', 'secondary']),
    epoch: Epoch,
    node: Endpoint,
    reachable: Type.Boolean(),
    /** Since when it is (un)reachable. */
    sinceMs: WallMs,
    /** Age of its last word. */
    ageMs: Type.Number({ minimum: 0 }),
  },
  object,
);
export type MachineEntry = Static<typeof MachineEntry>;

/** An agent as an answer to a question: its row, whether its machine is in reach, and how old that knowledge is. */
export const AgentView = Type.Object(
  { ...AgentEntry.properties, instance: Type.String(), reachable: Type.Boolean(), ageMs: Type.Number({ minimum: 0 }) },
  object,
);
export type AgentView = Static<typeof AgentView>;

/** One numbered change: a row that is new or different, or one that is gone. */
export const RegistryChange = Type.Object(
  {
    revision: Type.Integer({ minimum: 1 }),
    machine: Type.Optional(MachineEntry),
    agent: Type.Optional(AgentView),
    gone: Type.Optional(Type.String({ description: 'agent@machine, or machine, that is no longer there' })),
  },
  object,
);
export type RegistryChange = Static<typeof RegistryChange>;
