/** What a node tells the process of an agent before it can be asked: the environment variables of docs/PROTOCOL.md. */
import { type Static, Type } from 'typebox';
import { limits } from '../../common/core/limits.js';
import { type LogLevel, logLevels } from '../../common/core/log-level.js';
import { Name } from '../../common/protocol/registry-entry.js';
import { compile } from '../../common/protocol/schema.js';

const Text = Type.String({ minLength: 1, maxLength: 4_096 });

const AgentEnvironment = Type.Object({
  /** Endpoint of the machine's node. */
  MESH_NODE: Text,
  MESH_AGENT: Name,
  MESH_MACHINE: Name,
  MESH_EPOCH: Type.String({ pattern: '^[0-9]{1,16}$', maxLength: 16 }),
  /** Where to bind the control socket; port 0 lets the system choose. */
  MESH_LISTEN: Text,
  /** The host that others connect to. */
  MESH_ADDRESS: Text,
  /** The fleet's folder. */
  MESH_HOME: Text,
  MESH_LOG_LEVEL: Type.Enum([...logLevels], { default: 'info' }),
  /** How long the process has to end after SIGTERM. */
  MESH_STOP_GRACE_MS: Type.String({ pattern: '^[0-9]{1,7}$', default: String(limits.stopGraceMs) }),
});

export interface AgentSurroundings {
  readonly node: string;
  readonly agent: string;
  readonly machine: string;
  readonly epoch: number;
  readonly listen: string;
  readonly address: string;
  readonly home: string;
  readonly logLevel: LogLevel;
  readonly stopGraceMs: number;
}

const validate = compile<Static<typeof AgentEnvironment>>(AgentEnvironment);

/** @throws CONFIG_INVALID naming the variable: the process was not started by a node */
export function readSurroundings(env: NodeJS.ProcessEnv): AgentSurroundings {
  const found = validate.assert({ ...env }, 'the environment of this agent', 'CONFIG_INVALID');
  return {
    node: found.MESH_NODE,
    agent: found.MESH_AGENT,
    machine: found.MESH_MACHINE,
    epoch: Number(found.MESH_EPOCH),
    listen: found.MESH_LISTEN,
    address: found.MESH_ADDRESS,
    home: found.MESH_HOME,
    logLevel: found.MESH_LOG_LEVEL,
    stopGraceMs: Number(found.MESH_STOP_GRACE_MS),
  };
}
