/**
 * The folder of a store: made when it is missing, refused on a network filesystem, because write-ahead logging needs
 * shared memory and locks that only a local one keeps.
 */
import { mkdirSync, statfsSync } from 'node:fs';
import { MeshError, messageOf } from '../../core/errors.js';

/**
 * `f_type` of statfs(2). A FUSE mount does not tell whether it is remote (sshfs, GlusterFS, virtiofs are), so it is refused
 * as one that may be; so is what several hosts mount at once.
 */
const networkFilesystems = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x5346414f, 'AFS'],
  [0x73757245, 'Coda'],
  [0x6b414653, 'AFS'],
  [0x00c36400, 'Ceph'],
  [0x0bd00bd3, 'Lustre'],
  [0x01021997, '9P'],
  [0x0000564c, 'NCP'],
  [0x01161970, 'GFS2'],
  [0x7461636f, 'OCFS2'],
  [0x47504653, 'GPFS'],
  [0x19830326, 'BeeGFS'],
  [0x20030528, 'OrangeFS'],
  [0x786f4256, 'VirtualBox shared folder'],
  [0xbacbacbc, 'VMware shared folder'],
  [0x61636673, 'ACFS'],
  [0x65735546, 'FUSE'],
]);

/** The name of a filesystem that may be remote, or undefined. */
export const networkFilesystemOf = (statfsType: number): string | undefined => networkFilesystems.get(statfsType >>> 0);

/** Makes `folder` ready for a store. Fails with JOURNAL_FAILED (cannot be made) or CONFIG_INVALID (not local). */
export function ensureLocalFolder(
  folder: string,
  statfsTypeOf = (path: string): number => statfsSync(path).type,
): void {
  let statfsType: number;
  try {
    mkdirSync(folder, { recursive: true });
    statfsType = statfsTypeOf(folder);
  } catch (thrown) {
    throw new MeshError('JOURNAL_FAILED', `the folder ${folder} cannot be used: ${messageOf(thrown)}`, {
      cause: thrown,
      hint: 'Check that the path is a folder that this user may write.',
    });
  }
  const network = networkFilesystemOf(statfsType);
  if (network === undefined) return;
  throw new MeshError(
    'CONFIG_INVALID',
    `${folder} is on a network filesystem (${network}), where a journal cannot be kept safe`,
    {
      hint: 'Put the data folder on a local disk.',
      details: { folder, filesystem: network },
    },
  );
}
