/**
 * What a node tells the process of an agent before it can be asked: the environment variables of docs/PROTOCOL.md.
 * Checked by hand, and not by a schema: of all that an agent reads this alone comes before it is ready.
 */
import { MeshError } from '../../common/core/errors.js';
import { limits } from '../../common/core/limits.js';
import { type LogLevel, logLevels } from '../../common/core/log-level.js';
import { NAME_PATTERN } from '../../common/protocol/name.js';

export interface AgentSurroundings {
  /** Endpoint of the machine's node. */
  readonly node: string;
  readonly agent: string;
  readonly machine: string;
  readonly epoch: number;
  /** Where to bind the control socket; port 0 lets the system choose. */
  readonly listen: string;
  /** `ipc:///path` where to bind it for those on the machine too; empty where there is no room for a socket file. */
  readonly ipc: string;
  /** The host that others connect to. */
  readonly address: string;
  /** The fleet's folder. */
  readonly home: string;
  readonly logLevel: LogLevel;
  /** Whether calls are timed, and carry the mark of a trace. */
  readonly telemetry: boolean;
  /** How long the process has to end after SIGTERM. */
  readonly stopGraceMs: number;
}

const TEXT = /^.{1,4096}$/s;
const IPC = /^(ipc:\/\/\/.{1,1024})?$/s;
const NAME = new RegExp(NAME_PATTERN);
const ON_OFF = /^(on|off)$/;
const EPOCH = /^[0-9]{1,16}$/;
const MILLISECONDS = /^[0-9]{1,7}$/;

/** @throws CONFIG_INVALID naming the variable: the process was not started by a node */
export function readSurroundings(env: NodeJS.ProcessEnv): AgentSurroundings {
  const read = (variable: string, pattern: RegExp, preset?: string): string => {
    const value = env[variable] ?? preset;
    if (value === undefined) throw invalid(`lacks "${variable}"`);
    if (!pattern.test(value)) throw invalid(`has a ${variable} that does not match ${pattern.source}`);
    return value;
  };
  const level = env['MESH_LOG_LEVEL'] ?? 'info';
  const logLevel = logLevels.find((known) => known === level);
  if (logLevel === undefined) throw invalid(`has a MESH_LOG_LEVEL that is none of ${logLevels.join(', ')}`);
  return {
    node: read('MESH_NODE', TEXT),
    agent: read('MESH_AGENT', NAME),
    machine: read('MESH_MACHINE', NAME),
    epoch: Number(read('MESH_EPOCH', EPOCH)),
    listen: read('MESH_LISTEN', TEXT),
    ipc: read('MESH_IPC', IPC, ''),
    address: read('MESH_ADDRESS', TEXT),
    home: read('MESH_HOME', TEXT),
    logLevel,
    telemetry: read('MESH_TELEMETRY', ON_OFF, 'on') === 'on',
    stopGraceMs: Number(read('MESH_STOP_GRACE_MS', MILLISECONDS, String(limits.stopGraceMs))),
  };
}

const invalid = (what: string): MeshError =>
  new MeshError('CONFIG_INVALID', `the environment of this agent ${what}`, {
    hint: 'an agent is started by its node: see "mesh up"',
  });
