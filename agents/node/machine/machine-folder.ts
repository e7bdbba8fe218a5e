/** Where a machine keeps its things: `<home>/data/<machine>/`. */
import { accessSync, constants, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { MeshError, messageOf } from '../../../common/core/errors.js';
import { SocketFolder } from './socket-folder.js';

export interface MachineFolder {
  readonly path: string;
  readonly journal: string;
  readonly lock: string;
  /** The merged log, on main. */
  readonly meshLog: string;
  /** Of journal and log. */
  readonly backups: string;
  /** The table of its processes. */
  readonly processes: string;
  /** Bodies of records that are files. */
  readonly bodies: string;
  /** Only logs are in it. */
  readonly logs: string;
  readonly sockets: SocketFolder;
  logOf(process: string): string;
  lastWordsOf(process: string, epoch: number): string;
}

/** Creates what is missing. @throws MeshError CONFIG_INVALID when the folder cannot be used */
export function openMachineFolder(home: string, machine: string): MachineFolder {
  const path = join(home, 'data', machine);
  let sockets: SocketFolder;
  try {
    for (const part of ['logs', 'run']) mkdirSync(join(path, part), { recursive: true, mode: 0o750 });
    sockets = new SocketFolder(join(path, 'ipc'));
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new MeshError('CONFIG_INVALID', `the data folder ${path} cannot be used: ${messageOf(error)}`, {
      hint: 'give the user of the mesh the right to read and write it, or choose another fleet folder with --mesh',
      cause: error,
    });
  }
  return {
    path,
    journal: join(path, 'journal.db'),
    lock: join(path, 'node.lock'),
    meshLog: join(path, 'mesh.db'),
    backups: join(path, 'backups'),
    processes: join(path, 'processes.db'),
    bodies: join(path, 'bodies'),
    logs: join(path, 'logs'),
    sockets,
    logOf: (process) => join(path, 'logs', `${process}.log`),
    lastWordsOf: (process, epoch) => join(path, 'run', `${process}-${epoch}.last-words.json`),
  };
}
