/**
 * Which processes run, on disk: so that a node can tell of those that ended while there was no node to see it. What lives
 * is found without this file (its processes carry a token); what does not live leaves nothing else.
 *
 * Replaced as a whole by a rename. A file that cannot be read counts as empty: then a death stays untold, and nothing
 * else goes wrong.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { type Static, Type } from 'typebox';
import { limits } from '../../common/core/limits.js';
import { Epoch, Name } from '../../common/protocol/registry-entry.js';
import { compile } from '../../common/protocol/schema.js';

const Row = Type.Object(
  { agent: Name, epoch: Epoch, pid: Type.Integer({ minimum: 1 }) },
  { additionalProperties: false },
);
const Table = Type.Array(Row, { maxItems: limits.agentsPerMachineMax + 1 });
export type RunningProcess = Static<typeof Row>;

const validator = compile<Static<typeof Table>>(Table);

export class ProcessTable {
  #written = '';

  constructor(private readonly file: string) {}

  /** As the last node left it. */
  read(): RunningProcess[] {
    try {
      const rows: unknown = JSON.parse(readFileSync(this.file, 'utf8'));
      return validator.accepts(rows) ? rows : [];
    } catch {
      return [];
    }
  }

  /** Does nothing when it is so already. @throws what the file system throws */
  write(processes: readonly RunningProcess[]): void {
    const rows = processes.map(({ agent, epoch, pid }) => ({ agent, epoch, pid }));
    const text = JSON.stringify(rows);
    if (text === this.#written) return;
    writeFileSync(`${this.file}.part`, text, { mode: 0o600 });
    renameSync(`${this.file}.part`, this.file);
    this.#written = text;
  }
}
