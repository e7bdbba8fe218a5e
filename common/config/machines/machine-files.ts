/**
 * config/machines/<machine>.yaml: one file for each machine of mesh.yaml, with what the environment lays over it. A file that
 * belongs to no machine, and a machine that has no file, are issues.
 */
import { didYouMean } from '../../core/nearest.js';
import { isName } from '../schemas.js';
import { issueAt, issueWith } from '../source/issues.js';
import type { SourceReader } from '../source/source-reader.js';
import { keysAt, mapAt, type Tree, treeAt } from '../source/tree.js';

export const MESH_FILE = 'config/mesh.yaml';
const FOLDER = 'config/machines';

export interface MeshLayers {
  /** mesh.yaml alone, and with the overlay over it. */
  readonly base: Tree;
  readonly mesh: Tree;
  readonly overlay: Tree | undefined;
}

export interface MachineFiles {
  /** Of the machines that there are, after the overlay. */
  readonly machines: ReadonlyMap<string, Tree>;
  /** Machine → its agents, over all layers. */
  readonly known: ReadonlyMap<string, ReadonlySet<string>>;
}

export function readMachineFiles(reader: SourceReader, { base, mesh, overlay }: MeshLayers): MachineFiles {
  const known = new Map<string, ReadonlySet<string>>();
  const machines = new Map<string, Tree>();
  const current = new Set(keysAt(mesh, ['machines']));
  const files = reader.list(FOLDER);
  for (const machine of new Set([...keysAt(base, ['machines']), ...current])) {
    if (!isName(machine)) continue; // the schema says so
    const change = overlay === undefined ? undefined : mapAt(overlay, ['machines', machine]);
    const hasFile = files.includes(`${machine}.yaml`);
    if (!hasFile && change === undefined && current.has(machine)) refuseMissing(reader, machine);
    const own = hasFile ? reader.read(`${FOLDER}/${machine}.yaml`) : change;
    known.set(machine, new Set([...agentsOf(own), ...agentsOf(change)]));
    if (own !== undefined && current.has(machine)) machines.set(machine, hasFile ? reader.lay(own, change) : own);
  }
  refuseStrayFiles(reader, files, known);
  if (overlay !== undefined) refuseStrayChanges(reader, overlay, known);
  return { machines, known };
}

const agentsOf = (tree: Tree | undefined): readonly string[] => (tree === undefined ? [] : keysAt(tree, ['agents']));

function refuseMissing({ issues }: SourceReader, machine: string): void {
  const mend = `write \`agents: {}\` to it for a machine without agents, or remove ${machine} from ${MESH_FILE}`;
  issues.push(issueWith(`${FOLDER}/${machine}.yaml`, 'does not exist', mend));
}

function refuseStrayFiles({ issues }: SourceReader, files: readonly string[], known: MachineFiles['known']): void {
  for (const name of files) {
    const machine = name.replace(/\.(yaml|yml|json)$/, '');
    const file = `${FOLDER}/${name}`;
    if (!known.has(machine)) {
      const what = `belongs to no machine of ${MESH_FILE}${didYouMean(machine, known.keys())}`;
      issues.push(issueWith(file, what, `add ${machine} to ${MESH_FILE}, or remove the file`));
    } else if (!name.endsWith('.yaml')) {
      issues.push(issueWith(file, 'is not read: its name must end in .yaml', `rename it to ${machine}.yaml`));
    }
  }
}

function refuseStrayChanges({ issues }: SourceReader, overlay: Tree, known: MachineFiles['known']): void {
  for (const machine of keysAt(overlay, ['machines'])) {
    const entry = treeAt(overlay, ['machines', machine]);
    if (entry === undefined || known.has(machine)) continue;
    const what = `there is no machine \`${machine}\` in ${MESH_FILE}${didYouMean(machine, known.keys())}`;
    issues.push(issueAt(entry.origin, what));
  }
}
