/**
 * The shape of every file that people edit, as schemas. They know nothing of other files: references between files,
 * ports and modules are checked by whoever resolves the fleet. Every string, list and map has a bound, and an unknown
 * key is a fault, because a mistyped key that is ignored is a setting that silently does nothing.
 */
import { type Static, Type } from 'typebox';
import { limits } from '../core/limits.js';

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

const AgentEntry = Type.Object(
  {
    /** A built-in name, or a path relative to the fleet folder that begins with ./ */
    module: Text,
    after: Type.Optional(Type.Array(Name, { maxItems: limits.agentsPerMachineMax, uniqueItems: true })),
    /** The agent's own part; its own schema checks it. */
    config: Type.Optional(Type.Record(Type.String(), Type.Unknown(), { maxProperties: 256 })),
    env: Type.Optional(
      Type.Record(VariableName, Type.String({ maxLength: limits.configTextMax }), { ...closed, maxProperties: 256 }),
    ),
    readyTimeoutMs: Type.Optional(DurationMs),
    stopGraceMs: Type.Optional(DurationMs),
  },
  closed,
);

export const MachineFile = Type.Object(
  { agents: Type.Record(Name, AgentEntry, { ...closed, maxProperties: limits.agentsPerMachineMax }) },
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

/** Only the two levels: what is inside is checked after it was laid over the files it changes. */
export const OverlayFile = Type.Object(
  {
    mesh: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    machines: Type.Optional(Type.Record(Name, Type.Record(Type.String(), Type.Unknown()), closed)),
  },
  closed,
);

export type MeshFile = Static<typeof MeshFile>;
export type MachineFile = Static<typeof MachineFile>;
export type AgentEntry = Static<typeof AgentEntry>;
export type PortsFile = Static<typeof PortsFile>;
export type MachinePorts = Static<typeof MachinePorts>;
