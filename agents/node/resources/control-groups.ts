/**
 * The bounds of agents as the kernel keeps them, where this node may make control groups: one group per agent that has a
 * bound of memory or processor, named after the mesh and the agent. The kernel is the last resort: its bound of memory is
 * above the agent's, so that looking and draining come first.
 *
 * A process is put into its group right after it was started; what it has used or started within that millisecond stays
 * outside. Groups go when their agent ends; what an earlier node left is taken away at the start, by name: only ours.
 * Nothing here throws: without a group an agent runs all the same, and is looked at.
 */
import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { ResourceBounds } from '../../../common/config/agents/agent-specs.js';
import { messageOf } from '../../../common/core/errors.js';
import { limits } from '../../../common/core/limits.js';
import {
  type CgroupPlace,
  type Controller,
  cgroupPlaces,
  oomKillsIn,
  ownGroups,
  settingsOf,
  UNIFIED,
} from './cgroup-place.js';

const CONTROLLERS: readonly Controller[] = ['memory', 'cpu'];

/** The folders of one agent's group. */
type GroupFolders = Readonly<Partial<Record<Controller, string>>>;

export class ControlGroups {
  readonly #groups = new Map<string, GroupFolders>();
  /** Kills that were counted before the living incarnation began. */
  readonly #killsBefore = new Map<string, number>();
  readonly #place: CgroupPlace | undefined;

  /** @param prefix of the names of all our groups, and of nobody else's */
  constructor(
    private readonly prefix: string,
    private readonly onTrouble: (text: string) => void,
  ) {
    this.#place = usablePlace(prefix);
    if (this.#place !== undefined) removeGroups(this.#place, prefix);
  }

  /** Whether the kernel keeps bounds of this kind for us. */
  keeps(controller: Controller): boolean {
    return this.#place?.folders[controller] !== undefined;
  }

  /** The kind of groups that are made; undefined where none can be. */
  get version(): 1 | 2 | undefined {
    return this.#place?.version;
  }

  /**
   * Right after the start of a process, when it is adopted, and when its bounds change: one that is in its group already,
   * put there by an earlier node, stays in it.
   */
  enter(agent: string, pid: number, bounds: ResourceBounds): void {
    this.#find(agent, pid);
    const { memoryBytes, cpuPercent } = bounds;
    const memory = memoryBytes && Math.ceil((memoryBytes * limits.kernelMemoryPercent) / 100);
    this.#enter(agent, pid, 'memory', memory);
    this.#enter(agent, pid, 'cpu', cpuPercent);
    this.#killsBefore.set(agent, this.#kills(agent));
  }

  /** How many processes the kernel killed since the living incarnation began, because their memory was over the bound. */
  killsOf(agent: string): number {
    return this.#kills(agent) - (this.#killsBefore.get(agent) ?? 0);
  }

  /** The agent ended. A group whose last processes are still dying stays, and is used again or taken away later. */
  leave(agent: string): void {
    const folders = this.#groups.get(agent);
    if (folders === undefined) return;
    const isGone = [...new Set(Object.values(folders))].map(removeFolder).every(Boolean);
    if (isGone) this.#groups.delete(agent);
  }

  #find(agent: string, pid: number): void {
    this.leave(agent);
    if (this.#place === undefined) return;
    const own = ownGroups(read('/proc/self/mountinfo'), read(`/proc/${pid}/cgroup`));
    for (const controller of CONTROLLERS) {
      const folder = own.get(this.#place.version === 2 ? UNIFIED : controller)?.folder;
      if (folder !== undefined && basename(folder) === this.#nameOf(agent)) this.#note(agent, controller, folder);
    }
  }

  #enter(agent: string, pid: number, controller: Controller, figure: number | undefined): void {
    const parent = this.#place?.folders[controller];
    const found = this.#groups.get(agent)?.[controller];
    if (this.#place === undefined || parent === undefined || (figure === undefined && found === undefined)) return;
    const folder = found ?? join(parent, this.#nameOf(agent));
    try {
      mkdirSync(folder, { recursive: true });
      this.#note(agent, controller, folder);
      for (const [file, text] of settingsOf(this.#place.version, controller, figure)) {
        writeFileSync(join(folder, file), text);
      }
      writeFileSync(join(folder, 'cgroup.procs'), String(pid));
    } catch (error) {
      this.onTrouble(`the kernel does not keep the ${controller} limit of ${agent}: ${messageOf(error)}`);
    }
  }

  #nameOf(agent: string): string {
    return `${this.prefix}${agent}`;
  }

  #note(agent: string, controller: Controller, folder: string): void {
    this.#groups.set(agent, { ...this.#groups.get(agent), [controller]: folder });
  }

  #kills(agent: string): number {
    const folder = this.#groups.get(agent)?.memory;
    if (folder === undefined) return 0;
    return oomKillsIn(read(join(folder, 'memory.events')) || read(join(folder, 'memory.oom_control')));
  }
}

/** The first place in which a group can really be made, with the controllers that it has there. */
function usablePlace(prefix: string): CgroupPlace | undefined {
  for (const place of cgroupPlaces(read('/proc/self/mountinfo'), read('/proc/self/cgroup'))) {
    const usable = CONTROLLERS.filter((controller) => canUse(place, controller, prefix));
    if (usable.length === 0) continue;
    const folders = Object.fromEntries(usable.map((controller) => [controller, place.folders[controller]]));
    return { version: place.version, folders };
  }
  return undefined;
}

/** Tries it: rights, delegation and what is mounted read-only have too many forms to be asked for. */
function canUse({ version, folders }: CgroupPlace, controller: Controller, prefix: string): boolean {
  const parent = folders[controller];
  if (parent === undefined) return false;
  const trial = join(parent, `${prefix}${TRIAL}`);
  try {
    if (version === 2) writeFileSync(join(parent, 'cgroup.subtree_control'), `+${controller}`);
    mkdirSync(trial, { recursive: true });
    for (const [file, text] of settingsOf(version, controller, TRIAL_FIGURES[controller])) {
      writeFileSync(join(trial, file), text, { flag: 'r+' });
    }
    return true;
  } catch {
    return false;
  } finally {
    removeFolder(trial);
  }
}

/** No agent can bear it: names have no capitals. */
const TRIAL = 'TRIAL';
/** Small enough to be below whatever holds for the group above. */
const TRIAL_FIGURES: Readonly<Record<Controller, number>> = { memory: 1_048_576, cpu: 1 };

function removeGroups({ folders }: CgroupPlace, prefix: string): void {
  for (const folder of new Set(Object.values(folders))) {
    for (const name of namesIn(folder)) if (name.startsWith(prefix)) removeFolder(join(folder, name));
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** The kernel refuses while there are processes in it. */
function removeFolder(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch {
    return false;
  }
}

/** Empty when it cannot be read. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
