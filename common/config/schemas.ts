/**
 * The shape of every file that people edit, as schemas. They know nothing of other files: references between files,
 * ports and modules are checked by whoever resolves the fleet. Every string, list and map has a bound, and an unknown
 * key is a fault, because a mistyped key that is ignored is a setting that silently does nothing.
 */

import { limits } from '../core/limits.js';
import { type Static, Type } from '../protocol/type.js';

/** Names of machines and agents: they become parts of topics, file names and addresses. */
const NAME_PATTERN = `^[a-z][a-z0-9-]{0,${limits.nameLengthMax - 1}}$`;
export const nameRule = `lower-case letters, digits and hyphens, a letter first, at most ${limits.nameLengthMax}`;
const nameRegExp = new RegExp(NAME_PATTERN);
export const isName = (text: string): boolean => nameRegExp.test(text);

const closed = { additionalProperties: false } as const;
const Name = Type.String({ pattern: NAME_PATTERN });
const Text = Type.String({ minLength: 1, maxLength: limits.configTextMax });
const DurationMs = Type.Integer({ minimum: 1, maximum: 3_600_000 });
const Port = Type.Integer({ minimum: 1, maximum: 65_535 });

const MachineEntry = Type.Object(
  {
    role: Type.Enum(['main', 'secondary']),
    /** Where others reach the machine. */
    address: Text,
    /** Where its sockets are bound; `address` when absent. */
    listen: Type.Optional(Text),
  },
  closed,
);

export const MeshFile = Type.Object(
  {
    mesh: Name,
    security: Type.Optional(Type.Literal('insecure')),
    machines: Type.Record(Name, MachineEntry, { ...closed, minProperties: 1, maxProperties: limits.machinesMax }),
  },
  closed,
);

/** MESH_… variables are the node's own words to its agents. */
const VariableName = Type.String({ pattern: '^(?!MESH_)[A-Za-z_][A-Za-z0-9_]{0,127}$' });

/** A program and its arguments, as they are: no shell reads them. */
const Command = Type.Array(Type.String({ maxLength: limits.commandArgumentMax }), {
  minItems: 1,
  maxItems: limits.commandArgumentsMax,
});

/** started: its process runs · ready: it serves · completed: it ended by itself with exit code 0 */
export const startConditions = ['started', 'ready', 'completed'] as const;
const After = Type.Union([
  Type.Array(Name, {
    maxItems: limits.agentsPerMachineMax,
    uniqueItems: true,
    description: 'a list of names',
  }),
  Type.Record(Name, Type.Enum([...startConditions]), {
    ...closed,
    maxProperties: limits.agentsPerMachineMax,
    description: 'a map of name to started, ready or completed',
  }),
]);

/** always: whenever it ends · on-failure: when it ends with something else than exit code 0 · never */
export const restartPolicies = ['always', 'on-failure', 'never'] as const;
const Restart = Type.Object(
  {
    policy: Type.Optional(Type.Enum([...restartPolicies])),
    /** Wait before the first start after a crash; doubled each time up to `maxMs`, with jitter. */
    firstMs: Type.Optional(DurationMs),
    maxMs: Type.Optional(DurationMs),
    /** A run that lasted this long has proven itself: the next crash begins anew. */
    stableMs: Type.Optional(DurationMs),
    /** More starts than this within `windowMs` and the agent is quarantined. */
    starts: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.restartStartsMax })),
    windowMs: Type.Optional(DurationMs),
  },
  { ...closed, description: 'a map with a policy and its times' },
);

/** Exactly one of tcp, http, log, exec, file: how to see from outside whether a process is well. */
const Probe = Type.Object(
  {
    /** `host:port` that accepts a connection. */
    tcp: Type.Optional(Text),
    /** A URL that answers with a status from 200 to 399. */
    http: Type.Optional(Text),
    /** A regular expression that a line of its output matches; for `ready` only. */
    log: Type.Optional(Text),
    /** A program that ends with exit code 0. */
    exec: Type.Optional(Command),
    /** A file that exists, relative to its working folder; for `alive` one that was changed within `intervalMs`. */
    file: Type.Optional(Text),
    intervalMs: Type.Optional(DurationMs),
    timeoutMs: Type.Optional(DurationMs),
    /** So many failures in a row count as one. */
    failures: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
  },
  closed,
);

/** Commands that the node runs at the turns of an agent's life. */
const Hooks = Type.Object(
  {
    onStart: Type.Optional(Command),
    onReady: Type.Optional(Command),
    onDrain: Type.Optional(Command),
    onStop: Type.Optional(Command),
    onError: Type.Optional(Command),
    timeoutMs: Type.Optional(DurationMs),
  },
  closed,
);

/** What an agent may use. Whoever is over a limit is drained first, then started again, and it is said. */
const ResourceLimits = Type.Object(
  {
    memoryMiB: Type.Optional(Type.Integer({ minimum: 1, maximum: 16_777_216 })),
    openFiles: Type.Optional(Type.Integer({ minimum: 1, maximum: 16_777_216 })),
    /** Percent of one processor, by the kernel where it can: a bound, never a reason to restart. */
    cpuPercent: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
    /** How long it may be busy (its words stay out, or its liveness probe fails) before it is started again. */
    hangMs: Type.Optional(DurationMs),
  },
  closed,
);

const AgentEntry = Type.Object(
  {
    /** A built-in name, or a path relative to the fleet folder that begins with ./ – this or `command`. */
    module: Type.Optional(Text),
    /** A program in any language; a path that begins with ./ is relative to the fleet folder. */
    command: Type.Optional(Command),
    /** The program of `command` speaks the protocol of docs/PROTOCOL.md: it attaches, and says itself when it is ready. */
    attaches: Type.Optional(Type.Boolean()),
    after: Type.Optional(After),
    /** No later wave starts before it is ready. */
    required: Type.Optional(Type.Boolean()),
    restart: Type.Optional(
      Type.Union([Type.Enum([...restartPolicies], { description: 'always, on-failure, never' }), Restart]),
    ),
    /** For a `command` that does not attach: when it serves, and whether it still does. */
    ready: Type.Optional(Probe),
    alive: Type.Optional(Probe),
    hooks: Type.Optional(Hooks),
    limits: Type.Optional(ResourceLimits),
    /** Working folder, relative to the fleet folder: its default. */
    cwd: Type.Optional(Text),
    /** Name of the user that it runs as; needs a node that runs as root. */
    user: Type.Optional(Type.String({ pattern: '^[a-z_][a-z0-9_-]{0,31}$' })),
    nice: Type.Optional(Type.Integer({ minimum: -20, maximum: 19 })),
    /** Of an agent under our SDK: whether its calls are timed. */
    telemetry: Type.Optional(Type.Boolean()),
    /** The agent's own part; its own schema checks it. */
    config: Type.Optional(Type.Record(Type.String(), Type.Unknown(), { maxProperties: 256 })),
    env: Type.Optional(
      Type.Record(VariableName, Type.String({ maxLength: limits.configTextMax }), { ...closed, maxProperties: 256 }),
    ),
    /** Variables of the node's environment that it sees beside the few that every agent sees. */
    inheritEnv: Type.Optional(Type.Array(VariableName, { maxItems: 256, uniqueItems: true })),
    readyTimeoutMs: Type.Optional(DurationMs),
    stopGraceMs: Type.Optional(DurationMs),
  },
  closed,
);

/** How a machine brings its agents up. */
const Launch = Type.Object(
  {
    /** Agents that may be starting at once; default: twice the processors. */
    parallel: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.agentsPerMachineMax })),
  },
  closed,
);

/** How much a machine keeps of what its agents write. */
const Logs = Type.Object(
  {
    /** A log begins anew at this size, … */
    rotateMiB: Type.Optional(Type.Integer({ minimum: 1, maximum: 4_096 })),
    /** … or at this age. */
    rotateHours: Type.Optional(Type.Integer({ minimum: 1, maximum: 8_760 })),
    /** All logs of the machine with their compressed history; the oldest history goes first. */
    totalMiB: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_048_576 })),
  },
  closed,
);

/** What is done with the journal of the machine, and on main with the log. */
const JournalCare = Type.Object(
  {
    backup: Type.Optional(
      Type.Object(
        {
          everyHours: Type.Integer({ minimum: 1, maximum: 8_760 }),
          /** Of each store; the oldest goes first. */
          keep: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.backupsKeptMax })),
        },
        { ...closed, description: 'a map with everyHours' },
      ),
    ),
  },
  closed,
);

export const MachineFile = Type.Object(
  {
    launch: Type.Optional(Launch),
    logs: Type.Optional(Logs),
    journal: Type.Optional(JournalCare),
    agents: Type.Record(Name, AgentEntry, { ...closed, maxProperties: limits.agentsPerMachineMax }),
  },
  closed,
);

const MachinePorts = Type.Object(
  {
    node: Port,
    registry: Type.Optional(Port),
    log: Type.Optional(Port),
    publish: Port,
    subscribe: Port,
    /** Control port of the broker program: central on main, relay elsewhere. */
    broker: Port,
    /** Fixed control ports; for an agent without one the system picks. */
    agents: Type.Optional(Type.Record(Name, Port, { ...closed, maxProperties: limits.agentsPerMachineMax })),
  },
  closed,
);

export const PortsFile = Type.Record(Name, MachinePorts, { ...closed, maxProperties: limits.machinesMax });

const OverlayRules = Type.Union([
  Type.Array(Type.Unknown(), { description: 'a list' }),
  Type.Null({ description: 'null' }),
]);

/** Only the upper levels: what is inside is checked after it was laid over the files it changes. */
export const OverlayFile = Type.Object(
  {
    mesh: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    machines: Type.Optional(Type.Record(Name, Type.Record(Type.String(), Type.Unknown()), closed)),
    policies: Type.Optional(OverlayRules),
    streams: Type.Optional(OverlayRules),
    errors: Type.Optional(OverlayRules),
    alerts: Type.Optional(
      Type.Union([
        Type.Record(Type.String(), Type.Unknown(), { description: 'a map' }),
        Type.Null({ description: 'null' }),
      ]),
    ),
  },
  closed,
);

/** A list of rules; each is checked by itself, with the place where it stands. An empty file says nothing. */
export const RulesFile = Type.Union([
  Type.Array(Type.Unknown(), { description: 'a list' }),
  Type.Null({ description: 'empty' }),
]);

export type MeshFile = Static<typeof MeshFile>;
export type MachineFile = Static<typeof MachineFile>;
export type AgentEntry = Static<typeof AgentEntry>;
export type PortsFile = Static<typeof PortsFile>;
export type MachinePorts = Static<typeof MachinePorts>;
export type StartCondition = (typeof startConditions)[number];
export type RestartPolicyName = (typeof restartPolicies)[number];
export type ProbeEntry = Static<typeof Probe>;
