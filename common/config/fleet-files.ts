/**
 * The files of a fleet folder, read and laid over each other: config/mesh.yaml, config/machines/<machine>.yaml,
 * ports.json, config/policies.yaml, config/streams.yaml, config/errors.yaml and config/alerts.yaml where they are, and over them
 * config/environments/<environment>.yaml when one is named. Knows which file says what and in which order; does not know
 * what the values mean.
 *
 * `known` holds the names of all layers, also of what an overlay deletes: the base files may go on speaking of a
 * machine or agent that one environment does without.
 */
import { didYouMean } from '../core/nearest.js';
import { MESH_FILE, readMachineFiles } from './machines/machine-files.js';
import { OverlayFile } from './schemas.js';
import { type Issue, issueAt, issueWith } from './source/issues.js';
import { listFiles, misnamedFiles, readList } from './source/list-files.js';
import { checkSchema } from './source/schema-check.js';
import { SourceReader } from './source/source-reader.js';
import { mapAt, type Tree, treeAt } from './source/tree.js';

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

const ENVIRONMENTS_FOLDER = 'config/environments';
const PORTS_FILE = 'ports.json';
const ALERTS_FILE = 'config/alerts.yaml';

export function readFleetFiles(home: string, environment: string | undefined): FleetFiles {
  const reader = new SourceReader(home);
  const base = reader.read(MESH_FILE);
  if (base === undefined) return { ...nothing, issues: withFolderHint(reader.issues, home) };
  const overlay = environment === undefined ? undefined : readOverlay(reader, environment);
  const mesh = reader.lay(base, overlay === undefined ? undefined : mapAt(overlay, ['mesh']));
  const ports = reader.read(PORTS_FILE);
  const { machines, known } = readMachineFiles(reader, { base, mesh, overlay });
  const policies = readList(listFiles.policies, reader, overlay);
  const streams = readList(listFiles.streams, reader, overlay);
  const errors = readList(listFiles.errors, reader, overlay);
  const alerts = readAlerts(reader, overlay);
  return {
    mesh,
    ...(ports === undefined ? {} : { ports }),
    machines,
    known,
    policies,
    streams,
    errors,
    ...(alerts === undefined ? {} : { alerts }),
    issues: reader.issues,
  };
}

const nothing = { machines: new Map(), known: new Map(), policies: [], streams: [], errors: [] };

/** A map, which a fleet may do without; so its parts merge by their names. */
function readAlerts(reader: SourceReader, overlay: Tree | undefined): Tree | undefined {
  reader.issues.push(...misnamedFiles(reader, 'alerts', 'alert'));
  const change = overlay === undefined ? undefined : treeAt(overlay, ['alerts']);
  if (!reader.has(ALERTS_FILE)) {
    if (change === undefined || change.kind === 'map') return change;
    reader.issues.push(issueAt(change.origin, '`alerts` is deleted here, but no file below has it'));
    return undefined;
  }
  const own = reader.read(ALERTS_FILE);
  return own === undefined ? undefined : reader.lay(own, change);
}

/** The overlay of an environment; undefined, with an issue, when it cannot be used. An empty file changes nothing. */
function readOverlay(reader: SourceReader, environment: string): Tree | undefined {
  const available = reader
    .list(ENVIRONMENTS_FOLDER)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => name.slice(0, -'.yaml'.length));
  const file = `${ENVIRONMENTS_FOLDER}/${environment}.yaml`;
  if (!available.includes(environment)) {
    const what = `does not exist, but the environment is \`${environment}\`${didYouMean(environment, available)}`;
    const mend = `set MESH_ENV to one of: ${available.join(', ') || '(there are none)'}; or unset it`;
    reader.issues.push(issueWith(file, what, mend));
    return undefined;
  }
  const tree = reader.read(file);
  if (tree === undefined || (tree.kind === 'scalar' && tree.value === null)) return undefined;
  const checked = checkSchema(OverlayFile, tree);
  if (!checked.ok) reader.issues.push(...checked.issues);
  return checked.ok ? tree : undefined;
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
