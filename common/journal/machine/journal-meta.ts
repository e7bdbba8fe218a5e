/** What a journal file knows of its owner: the machine it belongs to, and the epoch of the node that opened it last. */
import { MeshError } from '../../core/errors.js';
import { nextEpoch } from '../../core/ids.js';
import type { Connection } from '../sqlite/database.js';

/** The first machine that opens a file owns it. Fails with CONFLICT for any other: a data folder was copied. */
export function claimFor(db: Connection, machine: string): void {
  const owner = machineIn(db);
  if (owner === undefined) return write(db, 'machine', machine);
  if (owner === machine) return;
  throw new MeshError('CONFLICT', `${db.name} is the journal of machine ${owner}, not of ${machine}`, {
    hint: 'Give each machine a data folder of its own.',
    details: { owner, machine },
  });
}

/** Whose journal this is; undefined before the first opening. */
export const machineIn = (db: Connection): string | undefined => read(db, 'machine');

/** Stores and returns the epoch of this opening: past every earlier one, even if the file is an old copy. */
export function advanceEpoch(db: Connection, wallMs: number): number {
  const stored = Number(read(db, 'epoch') ?? 0);
  const epoch = nextEpoch(Number.isSafeInteger(stored) ? stored : 0, wallMs);
  write(db, 'epoch', String(epoch));
  return epoch;
}

function read(db: Connection, key: string): string | undefined {
  return db.prepare<[string], string>('SELECT value FROM meta WHERE key = ?').pluck().get(key);
}

function write(db: Connection, key: string, value: string): void {
  db.prepare('REPLACE INTO meta (key, value) VALUES (?, ?)').run(key, value);
}
