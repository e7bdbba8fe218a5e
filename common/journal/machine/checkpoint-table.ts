/** Small states that agents keep beside their records (a file position), committed together with them. */
import { MeshError } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import { rowDigest, sameHash } from '../record.js';
import type { Connection } from '../sqlite/database.js';

export interface Checkpoint {
  readonly agent: string;
  readonly name: string;
  readonly bytes: Uint8Array;
}

interface CheckpointRow {
  bytes: Uint8Array;
  digest: Uint8Array;
}

export class CheckpointTable {
  readonly #get;
  readonly #put;
  readonly #countOthers;

  constructor(db: Connection) {
    this.#get = db.prepare<[string, string], CheckpointRow>(
      'SELECT bytes, digest FROM checkpoints WHERE agent = ? AND name = ?',
    );
    this.#put = db.prepare('REPLACE INTO checkpoints (agent, name, bytes, digest) VALUES (?, ?, ?, ?)');
    this.#countOthers = db
      .prepare<[string, string], number>('SELECT count(*) FROM checkpoints WHERE agent = ? AND name <> ?')
      .pluck();
  }

  refusalOf({ agent, name, bytes }: Checkpoint): MeshError | undefined {
    if (bytes.byteLength > limits.checkpointBytesMax) {
      return new MeshError(
        'TOO_LARGE',
        `checkpoint ${name} of ${agent} has ${bytes.byteLength} bytes, more than ${limits.checkpointBytesMax}`,
      );
    }
    if ((this.#countOthers.get(agent, name) ?? 0) < limits.checkpointsPerAgentMax) return undefined;
    return new MeshError('TOO_LARGE', `${agent} has ${limits.checkpointsPerAgentMax} checkpoints already`, {
      hint: 'Keep several positions in one checkpoint.',
    });
  }

  put({ agent, name, bytes }: Checkpoint): void {
    this.#put.run(agent, name, bytes, rowDigest([agent, name, bytes]));
  }

  /** Fails with JOURNAL_DAMAGED when the bytes are not the ones that were put. */
  get(agent: string, name: string): Uint8Array | undefined {
    const row = this.#get.get(agent, name);
    if (row === undefined) return undefined;
    if (sameHash(rowDigest([agent, name, row.bytes]), row.digest)) return row.bytes;
    throw new MeshError('JOURNAL_DAMAGED', `checkpoint ${name} of ${agent} does not match its digest`, {
      hint: 'Let the agent begin anew: the next checkpoint it writes replaces this one.',
      details: { agent, name },
    });
  }
}
