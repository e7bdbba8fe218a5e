/**
 * The files of a fleet folder, read and laid over each other: config/mesh.yaml, config/machines/<machine>.yaml,
 * ports.json, config/policies.yaml, config/streams.yaml, config/errors.yaml and config/alerts.yaml where they are, and over them
 * config/environments/<environment>.yaml when one is named. Knows which file says what and in which order; does not know
 * what the values mean.
 *
 * `known` holds the names of all layers, also of what an overlay deletes: the base files may go on speaking of a
 * machine or agent that one environment does without.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, systemCodeOf } from '../core/errors.js';
import { didYouMean } from '../core/nearest.js';
import { isName, OverlayFile } from './schemas.js';
import { type Issue, issueAt, issueWith } from './source/issues.js';
import { mergeLayers } from './source/layers.js';
import { type ListFile, listFiles, misnamedFiles, readList } from './source/list-files.js';
import { checkSchema } from './source/schema-check.js';
import { keysAt, type Path, type Tree, treeAt } from './source/tree.js';
import { readSource } from './source/yaml-source.js';

export interface FleetFiles {
  /** Each tree after the overlay; absent when it could not be read. */
  readonly mesh?: Tree;
  readonly ports?: Tree;
  readonly machines: ReadonlyMap<string, Tree>;
  /** Machine → its agents, over all layers. */
  readonly known: ReadonlyMap<string, ReadonlySet<string>>;
  /** The policies of calls, one tree for each, those of the overlay behind the others. */
  readonly policies: readonly Tree[];
  /** The rules of streams, in the same way. */
  readonly streams: readonly Tree[];
  /** The rules of errors, in the same way. */
  readonly errors: readonly Tree[];
  /** What is told to whom. */
  readonly alerts?: Tree;
  readonly issues: readonly Issue[];
}

const MESH_FILE = 'config/mesh.yaml';
const MACHINES_FOLDER = 'config/machines';
const ENVIRONMENTS_FOLDER = 'config/environments';
const PORTS_FILE = 'ports.json';

export function readFleetFiles(home: string, environment: string | undefined): FleetFiles {
  const issues: Issue[] = [];
  const read = (name: string): Tree | undefined => {
    const source = readSource(join(home, name), name);
    issues.push(...source.issues);
    return source.issues.length === 0 ? source.tree : undefined;
  };
  const lay = (base: Tree, overlay: Tree | undefined): Tree => {
    if (overlay === undefined) return base;
    const { tree, vainDeletions } = mergeLayers(base, overlay);
    for (const { path, deletion, candidates } of vainDeletions) {
      const near = didYouMean(String(path.at(-1)), candidates);
      issues.push(issueAt(deletion.origin, `\`${path.join('.')}\` is deleted here, but no file below has it${near}`));
    }
    return tree;
  };

  const meshBase = read(MESH_FILE);
  if (meshBase === undefined) {
    return {
      machines: new Map(),
      known: new Map(),
      policies: [],
      streams: [],
      errors: [],
      issues: withFolderHint(issues, home),
    };
  }
  const overlay = environment === undefined ? undefined : readOverlay(home, environment, issues);
  const mesh = lay(meshBase, overlay === undefined ? undefined : mapAt(overlay, ['mesh']));
  const ports = read(PORTS_FILE);

  const known = new Map<string, Set<string>>();
  const machines = new Map<string, Tree>();
  const current = new Set(keysAt(mesh, ['machines']));
  const files = listYaml(home, MACHINES_FOLDER, issues);
  for (const machine of new Set([...keysAt(meshBase, ['machines']), ...current])) {
    if (!isName(machine)) continue; // the schema says so
    const file = `${MACHINES_FOLDER}/${machine}.yaml`;
    const change = overlay === undefined ? undefined : mapAt(overlay, ['machines', machine]);
    const own = files.includes(`${machine}.yaml`);
    if (!own && change === undefined && current.has(machine)) {
      issues.push(
        issueWith(
          file,
          'does not exist',
          `write \`agents: {}\` to it for a machine without agents, or remove ${machine} from ${MESH_FILE}`,
        ),
      );
    }
    const base = own ? read(file) : change;
    known.set(
      machine,
      new Set([...(base ? keysAt(base, ['agents']) : []), ...(change ? keysAt(change, ['agents']) : [])]),
    );
    if (base !== undefined && current.has(machine)) machines.set(machine, own ? lay(base, change) : base);
  }

  for (const name of files) {
    const machine = name.replace(/\.(yaml|yml|json)$/, '');
    if (name.endsWith('.yaml') && known.has(machine)) continue;
    const wrongEnding = known.has(machine)
      ? `rename it to ${machine}.yaml`
      : `add ${machine} to ${MESH_FILE}, or remove the file`;
    const why = known.has(machine)
      ? 'is not read: its name must end in .yaml'
      : `belongs to no machine of ${MESH_FILE}`;
    issues.push(
      issueWith(
        `${MACHINES_FOLDER}/${name}`,
        `${why}${known.has(machine) ? '' : didYouMean(machine, known.keys())}`,
        wrongEnding,
      ),
    );
  }
  for (const machine of overlay === undefined ? [] : keysAt(overlay, ['machines'])) {
    const entry = overlay === undefined ? undefined : treeAt(overlay, ['machines', machine]);
    if (entry === undefined || known.has(machine)) continue;
    issues.push(
      issueAt(entry.origin, `there is no machine \`${machine}\` in ${MESH_FILE}${didYouMean(machine, known.keys())}`),
    );
  }
  const list = (file: ListFile) => readList(file, home, overlay, read, issues);
  const [policies, streams, errors] = [list(listFiles.policies), list(listFiles.streams), list(listFiles.errors)];
  const alerts = readAlerts(home, overlay, read, lay, issues);
  return {
    mesh,
    ...(ports === undefined ? {} : { ports }),
    machines,
    known,
    policies,
    streams,
    errors,
    ...(alerts === undefined ? {} : { alerts }),
    issues,
  };
}

const ALERTS_FILE = 'config/alerts.yaml';

/** A map, which a fleet may do without; so its parts merge by their names. */
function readAlerts(
  home: string,
  overlay: Tree | undefined,
  read: (file: string) => Tree | undefined,
  lay: (base: Tree, overlay: Tree | undefined) => Tree,
  issues: Issue[],
): Tree | undefined {
  issues.push(...misnamedFiles(home, 'alerts', 'alert'));
  const change = overlay === undefined ? undefined : treeAt(overlay, ['alerts']);
  if (!existsSync(join(home, ALERTS_FILE))) {
    if (change === undefined || change.kind === 'map') return change;
    issues.push(issueAt(change.origin, '`alerts` is deleted here, but no file below has it'));
    return undefined;
  }
  const own = read(ALERTS_FILE);
  return own === undefined ? undefined : lay(own, change);
}

/** The overlay of an environment; undefined, with an issue, when it cannot be used. An empty file changes nothing. */
function readOverlay(home: string, environment: string, issues: Issue[]): Tree | undefined {
  const available = listYaml(home, ENVIRONMENTS_FOLDER, issues)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => name.slice(0, -'.yaml'.length));
  const file = `${ENVIRONMENTS_FOLDER}/${environment}.yaml`;
  if (!available.includes(environment)) {
    const what = `does not exist, but the environment is \`${environment}\`${didYouMean(environment, available)}`;
    issues.push(
      issueWith(file, what, `set MESH_ENV to one of: ${available.join(', ') || '(there are none)'}; or unset it`),
    );
    return undefined;
  }
  const source = readSource(join(home, file), file);
  issues.push(...source.issues);
  if (source.issues.length > 0) return undefined;
  if (source.tree.kind === 'scalar' && source.tree.value === null) return undefined;
  const checked = checkSchema(OverlayFile, source.tree);
  if (!checked.ok) issues.push(...checked.issues);
  return checked.ok ? source.tree : undefined;
}

/** YAML and JSON files of a folder, sorted; a folder that does not exist is empty. */
function listYaml(home: string, folder: string, issues: Issue[]): string[] {
  try {
    return readdirSync(join(home, folder))
      .filter((name) => /^[^.].*\.(yaml|yml|json)$/.test(name))
      .sort();
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') issues.push(issueWith(folder, `cannot be read: ${messageOf(error)}`));
    return [];
  }
}

function mapAt(tree: Tree, path: Path): Tree | undefined {
  const found = treeAt(tree, path);
  return found?.kind === 'map' ? found : undefined;
}

/** A missing mesh.yaml mostly means that this is the wrong folder. */
function withFolderHint(issues: readonly Issue[], home: string): Issue[] {
  return issues.map((issue) =>
    issue.file === MESH_FILE && issue.message === 'does not exist'
      ? issueWith(
          MESH_FILE,
          `does not exist in ${home}`,
          "name the fleet's folder with --mesh or MESH_HOME, or make one with `mesh init`",
        )
      : issue,
  );
}
