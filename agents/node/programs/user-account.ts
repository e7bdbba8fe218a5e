/**
 * Whom a process is to run as, by name: found where the machine keeps its users. Who may change to another user is the
 * kernel's rule, told here before anything is started.
 */
import { readFileSync } from 'node:fs';
import { MeshError, systemCodeOf } from '../../../common/core/errors.js';

export interface UserAccount {
  readonly name: string;
  readonly uid: number;
  /** Of the primary group. */
  readonly gid: number;
  readonly home: string;
}

/** What knows of users that no file of this machine names (a directory service): a line like those of /etc/passwd. */
export type AskDirectory = (name: string) => string;

/** @throws START_FAILED when nobody knows that user */
export function accountOf(name: string, askDirectory: AskDirectory, passwd = readPasswd()): UserAccount {
  const found = parseAccount(name, passwd) ?? parseAccount(name, askDirectory(name));
  if (found !== undefined) return found;
  throw new MeshError('START_FAILED', `there is no user "${name}" on this machine`, {
    hint: `create it ("useradd --system ${name}"), or correct "user" in the agent's entry`,
  });
}

/** @throws START_FAILED when a process of `ownUid` cannot become that user */
export function assertMayBecome(account: UserAccount, ownUid: number): void {
  if (ownUid === 0 || ownUid === account.uid) return;
  throw new MeshError('START_FAILED', `the node does not run as root and cannot start a process as "${account.name}"`, {
    hint: `run the node as root or as ${account.name}, or take "user" out of the agent's entry`,
  });
}

/** `name:password:uid:gid:comment:home:shell`, a line each. */
function parseAccount(name: string, text: string): UserAccount | undefined {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${name}:`));
  const [, , uid = '', gid = '', , home = ''] = line?.split(':') ?? [];
  return /^\d+$/.test(uid) && /^\d+$/.test(gid) ? { name, uid: Number(uid), gid: Number(gid), home } : undefined;
}

function readPasswd(): string {
  try {
    return readFileSync('/etc/passwd', 'utf8');
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return '';
    throw new MeshError('START_FAILED', `the users of this machine cannot be read: ${systemCodeOf(error)}`, {
      cause: error,
    });
  }
}
