/**
 * Starting and signalling processes: the only importer of child_process here. A child leads a process group of its own,
 * writes straight into its log file and is not held by this process, so that a node can die without hurting its agents.
 */
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { systemCodeOf } from '../../common/core/errors.js';

export interface Launch {
  readonly executable: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Standard output and standard error are appended here. */
  readonly logFile: string;
}

/** How a process ended: its code, the signal that killed it, or why it could not even be started. */
export interface Exit {
  readonly code: number | undefined;
  readonly signal: string | undefined;
  readonly reason?: string;
}

/** @returns the pid, or undefined when it could not be started; then `onExit` says why. `onExit` is called exactly once. */
export function launch(
  { executable, argv, env, cwd, logFile }: Launch,
  onExit: (exit: Exit) => void,
): number | undefined {
  const output = openSync(logFile, 'a', 0o640);
  try {
    const child = spawn(executable, [...argv], {
      cwd,
      env: { ...env },
      detached: true,
      stdio: ['ignore', output, output],
    });
    child.unref();
    child.once('exit', (code, signal) => onExit({ code: code ?? undefined, signal: signal ?? undefined }));
    child.once('error', (error) => {
      // An error after the start (a signal that failed) is not the end of the process.
      if (child.pid === undefined) onExit({ code: undefined, signal: undefined, reason: error.message });
    });
    return child.pid;
  } finally {
    closeSync(output);
  }
}

/** Signals a whole process group. False when nobody of it is left. */
export const signalGroup = (pid: number, signal: NodeJS.Signals): boolean => send(-pid, signal);

/** Signals one process and nobody else of its group. False when it is gone. */
export const signalProcess = (pid: number, signal: NodeJS.Signals): boolean => send(pid, signal);

function send(target: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(target, signal);
    return true;
  } catch (error) {
    if (systemCodeOf(error) === 'ESRCH') return false;
    throw error;
  }
}
