/**
 * The command line that starts a program as another user or with another priority, and what can be known to stand in its
 * way before it is tried. The tools that change user and priority replace themselves with the program, so that it has the
 * pid that was started, its environment from the first moment on, and not one child under the wrong user or priority:
 * a change from outside, after the start, would come too late for a program that forks at once.
 */
import { accessSync, constants, type Stats, statSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { MeshError, systemCodeOf } from '../../../common/core/errors.js';
import type { UserAccount } from './user-account.js';

export interface Program {
  readonly executable: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Absolute. */
  readonly cwd: string;
  readonly nice?: number | undefined;
}

/** Of the process that starts it. */
export interface Starter {
  readonly uid: number;
  readonly nice: number;
}

/** @throws START_FAILED with what is missing or not allowed, and the next step */
export function launchLine(program: Program, account: UserAccount | undefined, starter: Starter): Program {
  assertFolder(program.cwd);
  assertExecutable(program);
  const wrapped = [program.executable, ...program.argv];
  if (account !== undefined && account.uid !== starter.uid) wrapped.unshift(...asUser(account, program));
  if (program.nice !== undefined && program.nice !== starter.nice) wrapped.unshift(...atPriority(program, starter));
  const [executable = '', ...argv] = wrapped;
  return { ...program, executable, argv, env: { ...personal(account), ...program.env } };
}

/** With the groups that the user has beside the primary one: without them it could do less than the user logged in. */
function asUser({ uid, gid }: UserAccount, program: Program): string[] {
  assertTool('setpriv', 'the package util-linux has it; without it "user" cannot be kept', program);
  return ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--init-groups', '--'];
}

/** The tool adds to the priority it has itself; the configuration means the number that counts in the end. */
function atPriority(program: Program, starter: Starter): string[] {
  const nice = program.nice ?? starter.nice;
  if (nice < starter.nice && starter.uid !== 0) {
    throw new MeshError('START_FAILED', `only root may give a process nice ${nice}; the node has ${starter.nice}`, {
      hint: 'run the node as root, or give the agent a higher "nice"',
    });
  }
  assertTool('nice', 'the package coreutils has it; without it "nice" cannot be kept', program);
  return ['nice', '-n', String(nice - starter.nice), '--'];
}

const personal = (account: UserAccount | undefined): Record<string, string> =>
  account === undefined ? {} : { HOME: account.home, USER: account.name, LOGNAME: account.name };

function assertFolder(cwd: string): void {
  if (statOf(cwd)?.isDirectory()) return;
  throw new MeshError('START_FAILED', `its working folder ${cwd} is not there`, {
    hint: 'create the folder, or correct "cwd"; it is relative to the fleet folder',
  });
}

function assertExecutable(program: Program): void {
  const { executable, cwd, env } = program;
  const path = executable.includes('/') ? resolve(cwd, executable) : onPath(executable, env);
  if (path === undefined) {
    throw new MeshError('START_FAILED', `there is no program "${shown(executable)}" on the PATH`, {
      hint: `install it, or write its path; the PATH is ${env['PATH'] ?? DEFAULT_PATH}`,
    });
  }
  const stat = statOf(path);
  if (stat === undefined) {
    throw new MeshError('START_FAILED', `there is no program ${shown(path)}`, {
      hint: 'a path that begins with ./ is relative to the fleet folder',
    });
  }
  if (stat.isFile() && mayRun(path)) return;
  throw new MeshError('START_FAILED', `${shown(path)} cannot be executed`, {
    hint: stat.isFile() ? `chmod +x ${shown(path)}` : 'it is not a file: name the program itself',
  });
}

function assertTool(tool: string, hint: string, { env }: Program): void {
  if (onPath(tool, env) !== undefined) return;
  throw new MeshError('START_FAILED', `this machine has no "${tool}"`, { hint });
}

/** As the kernel's caller does it: the PATH that the process itself will have. */
function onPath(name: string, env: Readonly<Record<string, string>>): string | undefined {
  return (env['PATH'] ?? DEFAULT_PATH)
    .split(':')
    .filter((folder) => isAbsolute(folder))
    .map((folder) => `${folder}/${name}`)
    .find((path) => statOf(path)?.isFile() && mayRun(path));
}

/** What cannot be looked at (a name that is too long, a folder that is closed) is as good as not there. */
function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

function mayRun(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Why the start itself failed, after all that could be known before was well. */
export function startRefusal(error: unknown, { executable }: Program): MeshError {
  const code = systemCodeOf(error) ?? '';
  const hint = HINTS[code];
  return new MeshError('START_FAILED', `${shown(executable)} could not be started: ${code || String(error)}`, {
    ...(hint === undefined ? {} : { hint }),
    cause: error,
  });
}

const HINTS: Readonly<Record<string, string>> = {
  ENOENT: 'the file is there, so the interpreter that its first line names is not',
  EACCES: 'look at the rights of the file, of its folders, and of the interpreter that its first line names',
  E2BIG: 'its arguments and variables together are more than the kernel takes: put them into a file',
  EAGAIN: 'the user of the node has as many processes as it may: see "ulimit -u"',
  EMFILE: 'the node has as many files open as it may: see "ulimit -n"',
  ENFILE: 'the machine has as many files open as it can: see /proc/sys/fs/file-max',
  ENOMEM: 'the machine has no memory left for another process',
  ERR_INVALID_ARG_VALUE: 'an argument or a variable holds a zero byte',
};

const DEFAULT_PATH = '/bin:/usr/bin';

/** A message names a program, it does not repeat 4,096 characters of one. */
const shown = (text: string): string => (text.length <= SHOWN_MAX ? text : `${text.slice(0, SHOWN_MAX)}…`);
const SHOWN_MAX = 200;
