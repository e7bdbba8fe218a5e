/** The users of this box, as /etc/passwd has them. */
import { readFileSync } from 'node:fs';

export interface UserAccount {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

/** The first of that name, as the system does it; undefined when there is none. @throws what the file system throws */
export function findUser(name: string, file = '/etc/passwd'): UserAccount | undefined {
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const [user, , uid, gid, , home = ''] = line.split(':');
    if (user !== name || uid === undefined || gid === undefined || !/^\d+$/.test(uid) || !/^\d+$/.test(gid)) continue;
    return { name, uid: Number(uid), gid: Number(gid), home };
  }
  return undefined;
}
