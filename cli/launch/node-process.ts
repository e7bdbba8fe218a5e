/**
 * The daemon of a machine as a process, with the keeper that starts it again: in a session of their own, so that neither
 * Ctrl-C nor a closed terminal reaches them, with their output in a file, so that they need nobody to read it. The only
 * importer of node:child_process here.
 */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, renameSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MeshError, messageOf } from '../../common/core/errors.js';
import { withCertificatesPutBy } from '../../common/core/extra-certificates.js';
import { limits } from '../../common/core/limits.js';
import { AGENT_VARIABLE, EPOCH_VARIABLE, TOKEN_VARIABLE, tokenOf } from '../../common/core/process-scan.js';

export interface NodeSpec {
  readonly home: string;
  readonly machine: string;
  readonly environment: string | undefined;
  readonly logLevel: string;
  /** What it inherits. */
  readonly env: NodeJS.ProcessEnv;
}

export interface NodeExit {
  readonly code: number | null;
  /** The signal that ended it, or why it did not start at all. */
  readonly cause: string | null;
}

export interface NodeProcess {
  readonly machine: string;
  /** Of the keeper: it lives as long as there is to be a node. */
  readonly keeperPid: number;
  readonly logFile: string;
  /** Where its words begin in the file, after those of its predecessors. */
  readonly logOffset: number;
  /** Of the keeper; its exit code is that of its last node. */
  readonly exit: Promise<NodeExit>;
}

/** The daemon's program, for those who start it without a keeper. */
export const nodeMainFile = fileURLToPath(new URL('../../agents/node/main.js', import.meta.url));
const KEEPER_MAIN = fileURLToPath(new URL('../../agents/node/keeper/keeper.js', import.meta.url));

export const nodeLogFile = (home: string, machine: string): string => join(home, 'data', machine, 'logs', 'node.log');

/** @throws MeshError START_FAILED when its log cannot be written */
export function startNode(spec: NodeSpec): NodeProcess {
  const logFile = nodeLogFile(spec.home, spec.machine);
  const { descriptor, logOffset } = openLog(logFile, spec.home);
  try {
    const child = spawn(process.execPath, [KEEPER_MAIN], {
      cwd: spec.home,
      detached: true,
      stdio: ['ignore', descriptor, descriptor],
      env: environmentOf(spec),
    });
    const exit = new Promise<NodeExit>((resolve) => {
      child.once('error', (error) => resolve({ code: null, cause: messageOf(error) }));
      child.once('exit', (code, signal) => resolve({ code, cause: signal }));
    });
    child.unref();
    return { machine: spec.machine, keeperPid: child.pid ?? 0, logFile, logOffset, exit };
  } finally {
    closeSync(descriptor);
  }
}

function environmentOf({ home, machine, environment, logLevel, env }: NodeSpec): NodeJS.ProcessEnv {
  const { MESH_ENV: _environment, [EPOCH_VARIABLE]: _epoch, ...inherited } = withCertificatesPutBy(env);
  return {
    ...inherited,
    MESH_HOME: home,
    MESH_MACHINE: machine,
    MESH_LOG_LEVEL: logLevel,
    ...(environment === undefined ? {} : { MESH_ENV: environment }),
    [TOKEN_VARIABLE]: tokenOf(home, machine),
    [AGENT_VARIABLE]: 'keeper',
  };
}

function openLog(logFile: string, home: string): { readonly descriptor: number; readonly logOffset: number } {
  try {
    mkdirSync(dirname(logFile), { recursive: true });
    // A running daemon keeps its file; this is the moment when nobody writes.
    if ((statSync(logFile, { throwIfNoEntry: false })?.size ?? 0) > limits.agentLogBytesMax) {
      renameSync(logFile, `${logFile}.1`);
    }
    const descriptor = openSync(logFile, 'a');
    return { descriptor, logOffset: statSync(logFile).size };
  } catch (error) {
    throw new MeshError('START_FAILED', `${relative(home, logFile)} cannot be written: ${messageOf(error)}`, {
      hint: `look at the owner and the rights of ${join(home, 'data')}`,
      cause: error,
    });
  }
}

/** Ends a process and all of its group at once. A group that is gone is no fault. */
export function killGroup(pgid: number): void {
  try {
    process.kill(-pgid, 'SIGKILL');
  } catch {
    // ESRCH: it ended by itself, which is what was wanted
  }
}

/** Asks one process to end. */
export function terminate(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch {
    // as above
  }
}
