/**
 * The reference fleet in a folder and on addresses of its own, handled as a user does: with the `mesh` command. Its nodes
 * are started by their keepers, and nobody but `mesh down` ends them.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tokenOf } from '../../../common/core/process-scan.js';
import { type MeshRun, PACKAGE_ROOT, runMesh } from '../../cli/mesh-process.js';
import { freeBlock } from '../network/free-addresses.js';
import { type Resident, residents } from '../processes/process-census.js';

const SOURCE = join(PACKAGE_ROOT, 'config/fleets/reference');
const PARTS = ['config', 'programs', 'ports.json'];
const NODE_PORT = 7400;
const machines = ['main', 'pc2'] as const;

/** What scripts read of `mesh ps --json`. */
export interface ListedAgent {
  readonly instance: string;
  readonly machine: string;
  readonly state: string;
  readonly pid: number;
  readonly restarts: number;
}

export class ReferenceFleet {
  private constructor(readonly home: string) {}

  static async create(): Promise<ReferenceFleet> {
    const home = mkdtempSync(join(tmpdir(), 'mesh-reference-'));
    for (const part of PARTS) cpSync(join(SOURCE, part), join(home, part), { recursive: true });
    const block = await freeBlock([1, 2], NODE_PORT);
    const meshFile = join(home, 'config/mesh.yaml');
    const written = readFileSync(meshFile, 'utf8');
    writeFileSync(meshFile, written.replaceAll('127.0.74.', block));
    return new ReferenceFleet(home);
  }

  get tokens(): string[] {
    return machines.map((machine) => tokenOf(this.home, machine));
  }

  mesh(...args: readonly string[]): Promise<MeshRun> {
    return runMesh(['--mesh', this.home, ...args]);
  }

  /** With `-a`: also what does not run. @throws when the command fails */
  async ps(...args: readonly string[]): Promise<ListedAgent[]> {
    const { code, stdout, stderr } = await this.mesh('ps', '--json', ...args);
    if (code !== 0) throw new Error(`mesh ps ended with ${code}: ${stderr}`);
    return JSON.parse(stdout) as ListedAgent[];
  }

  /** Everything that bears the mark of one of its machines, also nodes and their keepers. */
  residents(): Resident[] {
    return residents(new Set(this.tokens));
  }

  /** The daemons, without their keepers. */
  nodes(): Resident[] {
    return this.residents().filter(({ agent, isLeader }) => agent === 'node' && isLeader);
  }

  close(): void {
    for (const { pid } of this.residents()) process.kill(pid, 'SIGKILL');
    rmSync(this.home, { recursive: true, force: true });
  }
}
