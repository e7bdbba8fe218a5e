/**
 * Whether this box has what its agents need: programs that can be run, working folders, users. Looks at the disk, and
 * only for machines whose agents are to start here: what another box has cannot be seen from this one.
 */
import { accessSync, constants, type Stats, statSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import type { AgentEntry } from '../schemas.js';
import { type Issue, issueAt } from '../source/issues.js';
import { type Origin, originAt, type Path, type Tree } from '../source/tree.js';
import { type AgentSpec, hookNames } from './agent-specs.js';

export interface Box {
  /** Folders in which a bare name is looked up, unless an agent has a PATH of its own. */
  readonly path: string;
  /** Who starts the agents; undefined when that is another one than who asks. */
  readonly starter: { readonly uid: number; readonly nice: number } | undefined;
  /** Of a user of this box, by name. */
  uidOf(user: string): number | undefined;
}

export function checkOnBox(entry: AgentEntry, spec: AgentSpec, tree: Tree, home: string, box: Box): Issue[] {
  const at = (...path: Path): Origin => originAt(tree, ['agents', spec.name, ...path]);
  const program = (what: string, argv: readonly string[] | undefined, origin: Origin): Issue[] => {
    const [name] = argv ?? [];
    if (name === undefined) return [];
    const fault = programFault(name, home, entry.env?.['PATH'] ?? box.path, spec.user === undefined);
    return fault === undefined ? [] : [issueAt(origin, `${what} of \`${spec.name}\` ${fault.what}`, fault.hint)];
  };
  return [
    ...program('the command', entry.command, at('command')),
    ...program('the ready probe', entry.ready?.exec, at('ready', 'exec')),
    ...program('the alive probe', entry.alive?.exec, at('alive', 'exec')),
    ...hookNames.flatMap((hook) => program(`the hook ${hook}`, entry.hooks?.[hook], at('hooks', hook))),
    ...checkFolder(spec, at('cwd')),
    ...checkUser(spec, box, at('user')),
    ...checkNice(spec, box, at('nice')),
  ];
}

interface Fault {
  readonly what: string;
  readonly hint: string;
}

function programFault(name: string, home: string, path: string, isOwn: boolean): Fault | undefined {
  if (!name.includes('/')) {
    const folders = path.split(':').filter(isAbsolute);
    if (folders.some((folder) => canRun(join(folder, name), isOwn) === undefined)) return undefined;
    const hint = `install it, or write where it is; PATH is ${path === '' ? 'empty' : path}`;
    return { what: `is missing: no folder of PATH has a program ${name || "''"}`, hint };
  }
  if (!name.startsWith('/') && !name.startsWith('./')) {
    const hint = 'a path begins with ./ (the fleet folder) or with /';
    return { what: `is neither a bare name nor a path: ${name}`, hint };
  }
  const file = resolve(home, name);
  const fault = canRun(file, isOwn);
  return fault === undefined ? undefined : { what: fault.what.replace('{program}', name), hint: fault.hint };
}

/** @param isOwn whether whoever asks is the one who will run it; for somebody else only the mode tells. */
function canRun(file: string, isOwn: boolean): Fault | undefined {
  const stat = statOf(file);
  if (stat === undefined) return { what: 'is missing: {program}', hint: `looked for ${file}` };
  if (!stat.isFile()) return { what: 'is not a file: {program}', hint: `see ${file}` };
  const runs = isOwn ? isAccessible(file) : (stat.mode & ANY_EXECUTE_BIT) !== 0;
  return runs ? undefined : { what: 'cannot be run: {program} is not executable', hint: `chmod +x ${file}` };
}

const ANY_EXECUTE_BIT = 0o111;

function isAccessible(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Undefined for what is not there, and for what is behind a folder that may not be entered. */
function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function checkFolder({ name, cwd }: AgentSpec, origin: Origin): Issue[] {
  const stat = statOf(cwd);
  if (stat?.isDirectory()) return [];
  const what = stat === undefined ? 'is missing' : 'is not a folder';
  return [issueAt(origin, `the working folder of \`${name}\` ${what}: ${cwd}`, `mkdir -p ${cwd}`)];
}

function checkUser({ name, user }: AgentSpec, { starter, uidOf }: Box, origin: Origin): Issue[] {
  if (user === undefined) return [];
  const uid = uidOf(user);
  if (uid === undefined) {
    const what = `\`${name}\` is to run as \`${user}\`, but this box has no such user`;
    return [issueAt(origin, what, `create it (useradd --system ${user}), or correct the name`)];
  }
  if (starter === undefined || starter.uid === 0 || starter.uid === uid) return [];
  const what = `\`${name}\` is to run as \`${user}\`: only root can start a process as somebody else`;
  return [issueAt(origin, what, `start the node as root or as ${user}, or remove \`user\``)];
}

/** The kernel lets only root raise a priority. */
function checkNice({ name, nice }: AgentSpec, { starter }: Box, origin: Origin): Issue[] {
  if (nice === undefined || starter === undefined || starter.uid === 0 || nice >= starter.nice) return [];
  const what = `\`${name}\` is to have nice ${nice}, and whoever starts it has ${starter.nice}: only root can go lower`;
  return [issueAt(origin, what, `start the node as root, or write ${starter.nice} or more`)];
}
