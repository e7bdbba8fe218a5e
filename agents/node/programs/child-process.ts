/**
 * Starting and signalling processes: the only importer of child_process here. A child leads a process group of its own,
 * writes straight into its log file and is not held by this process, so that a node can die without hurting its agents.
 *
 * What keeps a process from starting is how it ended, with the reason and the next step; it is never thrown.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { getPriority } from 'node:os';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { MeshError, systemCodeOf, toMeshError } from '../../../common/core/errors.js';
import { limits } from '../../../common/core/limits.js';
import type { Exit } from './exit.js';
import { launchLine, type Program, startRefusal } from './launch-line.js';
import { accountOf, assertMayBecome, type UserAccount } from './user-account.js';

export interface Launch extends Program {
  /** Whom it runs as; the node's own user when absent. */
  readonly user?: string | undefined;
  /** Standard output and standard error are appended here. */
  readonly logFile: string;
}

/** @returns the pid, or undefined when it could not be started; then `onExit` says why. `onExit` is called exactly once, later. */
export function launch(options: Launch, onExit: (exit: Exit) => void): number | undefined {
  try {
    const child = start(options, onExit);
    child.unref();
    return child.pid;
  } catch (error) {
    setImmediate(onExit, refusalExit(toMeshError(error)));
    return undefined;
  }
}

/** @throws START_FAILED */
function start(options: Launch, onExit: (exit: Exit) => void): ChildProcess {
  const { user, logFile } = options;
  const account = user === undefined ? undefined : accountNamed(user);
  const uid = process.getuid?.() ?? 0;
  if (account !== undefined) assertMayBecome(account, uid);
  const program = launchLine(options, account, { uid, nice: getPriority() });
  const output = openLog(logFile);
  try {
    const child = spawn(program.executable, [...program.argv], {
      cwd: program.cwd,
      env: { ...program.env },
      detached: true,
      stdio: ['ignore', output, output],
    });
    child.once('exit', (code, signal) => onExit({ code: code ?? undefined, signal: signal ?? undefined }));
    child.once('error', (error) => {
      // An error after the start (a signal that failed) is not the end of the process.
      if (child.pid === undefined) onExit(refusalExit(startRefusal(error, options)));
    });
    return child;
  } catch (error) {
    throw startRefusal(error, options);
  } finally {
    closeSync(output);
  }
}

const refusalExit = ({ message, hint }: MeshError): Exit => ({
  code: undefined,
  signal: undefined,
  reason: message,
  ...(hint === undefined ? {} : { hint }),
});

/** Without a log nobody could say later what it did: then it is not started. */
function openLog(path: string): number {
  try {
    // Its folder is there unless somebody made room by force: that must not keep down whoever is started next.
    mkdirSync(dirname(path), { recursive: true, mode: 0o750 });
    return openSync(path, 'a', 0o640);
  } catch (error) {
    throw new MeshError('START_FAILED', `its log ${path} cannot be opened: ${systemCodeOf(error)}`, {
      hint: 'look at the room on the disk ("df"), and at the owner and the rights of that folder',
      cause: error,
    });
  }
}

/** @throws START_FAILED when nobody knows that user */
export const accountNamed = (name: string): UserAccount => accountOf(name, askDirectory);

/** Users of a directory service. It may be slow, and this process waits: bounded, and only for a name no file has. */
function askDirectory(name: string): string {
  const { stdout } = spawnSync('getent', ['passwd', name], { timeout: limits.userLookUpMs, encoding: 'utf8' });
  return stdout ?? '';
}

/** A program that is run to its end: a hook, a probe. */
export interface ProgramRun extends Launch {
  /** Then its whole group is killed. */
  readonly timeoutMs: number;
  /** The same, earlier. */
  readonly signal?: AbortSignal;
}

/** Resolves when it has ended; one that was killed for its time says so as its reason. Never rejects. */
export function runProgram(run: ProgramRun): Promise<Exit> {
  return new Promise((resolve) => {
    const { timeoutMs, signal } = run;
    if (signal?.aborted) return resolve(ABORTED);
    let killedBecause: Exit | undefined;
    const end = (because: Exit) => {
      killedBecause ??= because;
      if (pid !== undefined) signalGroup(pid, 'SIGKILL');
    };
    const onAbort = () => end(ABORTED);
    const timer = setTimeout(
      () => end({ ...ABORTED, reason: `it took longer than ${timeoutMs} ms and was killed` }),
      timeoutMs,
    );
    signal?.addEventListener('abort', onAbort, { once: true });
    const pid = launch(run, (exit) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      // What it started and left in its group ends with it.
      if (pid !== undefined) signalGroup(pid, 'SIGKILL');
      resolve(killedBecause ?? exit);
    });
  });
}

const ABORTED: Exit = { code: undefined, signal: 'SIGKILL', reason: 'it was no longer needed and was killed' };

/** A program of our own that is asked one thing and answers in lines; unlike an agent it ends with this process. */
export interface Errand {
  readonly entry: string;
  /** A line for its standard input. */
  readonly question: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly onLine: (line: string) => void;
  /** Then it is killed. */
  readonly signal: AbortSignal;
}

/** Resolves when it has ended and all of its lines were heard. Never rejects. */
export function runErrand({ entry, question, env, onLine, signal }: Errand): Promise<Exit> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(ABORTED);
    const child = spawn(process.execPath, [entry], { env, stdio: ['pipe', 'pipe', 'inherit'] });
    const end = () => child.kill('SIGKILL');
    signal.addEventListener('abort', end, { once: true });
    child.stdin.on('error', () => undefined); // it may have ended before it was asked
    child.stdin.end(`${question}\n`);
    createInterface({ input: child.stdout }).on('line', onLine);
    const settle = (exit: Exit) => {
      signal.removeEventListener('abort', end);
      resolve(exit);
    };
    child.once('error', (error) => {
      if (child.pid === undefined) settle({ code: undefined, signal: undefined, reason: error.message });
    });
    child.once('close', (code, by) => settle({ code: code ?? undefined, signal: by ?? undefined }));
  });
}

/** Signals a whole process group. False when nobody of it is left. */
export const signalGroup = (pid: number, signal: NodeJS.Signals): boolean => send(-pid, signal);

/** Signals one process and nobody else of its group. False when it is gone. */
export const signalProcess = (pid: number, signal: NodeJS.Signals): boolean => send(pid, signal);

/** Whether some process has that pid, dead or alive. A tenth of what it costs to ask how it is. */
export const hasProcess = (pid: number): boolean => send(pid, 0);

function send(target: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(target, signal);
    return true;
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === 'ESRCH') return false;
    // It lives and may not be touched (it changed its user): whoever waits for its end waits for it.
    if (code === 'EPERM') return true;
    throw error;
  }
}
