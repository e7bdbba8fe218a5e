/**
 * Which files `mesh up --watch` looks at, and whom a change of one of them touches. Pure.
 *
 * config/ and ports.json touch the configuration. A module touches the agents that run it; another file of its folder
 * touches every agent with a module there, for it may be imported by any of them. A module that lies in the fleet folder
 * itself is watched alone: beside it lie the data of the mesh. Of a foreign program the files of the fleet folder that
 * its command line names are watched. What comes with the mesh is not.
 */
import { dirname, join, relative, resolve, sep } from 'node:path';
import type { AgentSpec } from '../../common/config/agents/agent-specs.js';

interface Watched {
  readonly agent: AgentSpec;
  /** Files that are its own. */
  readonly files: readonly string[];
  /** Of its module; undefined where only the files count. */
  readonly folder: string | undefined;
}

export interface Touched {
  /** Files of the configuration. */
  readonly config: readonly string[];
  /** With the first of the files that touched it. */
  readonly agents: ReadonlyMap<AgentSpec, string>;
}

export class WatchPlan {
  readonly #watched: readonly Watched[];
  readonly #configFolder: string;
  readonly #portsFile: string;
  readonly #data: string;

  constructor(
    readonly home: string,
    agents: readonly AgentSpec[],
  ) {
    this.#configFolder = join(home, 'config');
    this.#portsFile = join(home, 'ports.json');
    this.#data = join(home, 'data');
    this.#watched = agents.map((agent) => watchedOf(agent, home));
  }

  /** How many agents have files of their own. */
  get agentCount(): number {
    return this.#watched.filter(({ files }) => files.length > 0).length;
  }

  /** Folders to be watched with all in them that is not ignored. A single file is watched through its folder: editors replace it. */
  get roots(): readonly string[] {
    return [...new Set([...this.#folders, ...this.#files.map((file) => dirname(file))])];
  }

  /** Whether a path is none of our business: what lies beside a single file, dependencies, hidden files, drafts of editors. */
  ignores(path: string): boolean {
    if (this.#files.includes(path) || this.roots.includes(path)) return false;
    const folder = this.#folders.find((candidate) => isWithin(path, candidate));
    if (folder === undefined || isWithin(path, this.#data)) return true;
    return relative(folder, path)
      .split(sep)
      .some((part) => part === 'node_modules' || DRAFT.test(part));
  }

  get #folders(): readonly string[] {
    return [this.#configFolder, ...this.#watched.flatMap(({ folder }) => folder ?? [])];
  }

  get #files(): readonly string[] {
    return [this.#portsFile, ...this.#watched.flatMap(({ files, folder }) => (folder === undefined ? files : []))];
  }

  touchedBy(paths: readonly string[]): Touched {
    const config = paths.filter((path) => path === this.#portsFile || isWithin(path, this.#configFolder));
    const agents = new Map<AgentSpec, string>();
    for (const path of paths.filter((one) => !config.includes(one))) {
      const owners = this.#watched.filter(({ files }) => files.includes(path));
      const near = this.#watched.filter(({ folder }) => folder !== undefined && isWithin(path, folder));
      for (const { agent } of owners.length > 0 ? owners : near) if (!agents.has(agent)) agents.set(agent, path);
    }
    return { config, agents };
  }
}

/** Hidden, a backup, or the probe of an editor. */
const DRAFT = /^\.[^.]|~$|^4913$/;

function watchedOf(agent: AgentSpec, home: string): Watched {
  const { program, cwd } = agent;
  if (program.kind === 'command') {
    const named = program.argv.filter((word) => /^(\.\.?)?\//.test(word));
    // A path of the command itself is relative to the fleet folder, one of its arguments to where it runs.
    const files = named.map((word) => resolve(word === program.argv[0] ? home : cwd, word));
    return { agent, files: files.filter((file) => isWithin(file, home)), folder: undefined };
  }
  if (!program.module.startsWith('.')) return { agent, files: [], folder: undefined };
  const folder = dirname(program.path);
  return { agent, files: [program.path], folder: isWithin(home, folder) ? undefined : folder };
}

/** The folder itself counts as within it. */
function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);
}
