/**
 * Where a node may make control groups, from what the kernel says of its own: always below the group that it runs in or
 * that was delegated to it, so that whatever an administrator set for the service holds for its agents too. Pure.
 *
 * v1: below its own group, in each hierarchy. v2 allows no processes in a group that hands controllers on; so the node
 * must stand in a leaf named `mesh-node`, as a service with `Delegate=yes` and `DelegateSubgroup=mesh-node` has it, and
 * makes its groups beside that leaf – or in the root, on a system where nobody else manages groups.
 */
import { basename, dirname, join } from 'node:path';

export type Controller = 'memory' | 'cpu';

export interface CgroupPlace {
  readonly version: 1 | 2;
  /** Folders in which groups may be made; in v2 one and the same. */
  readonly folders: Readonly<Partial<Record<Controller, string>>>;
}

/** The leaf of v2 in which a node runs whose service delegates its group. */
const NODE_LEAF = 'mesh-node';

/**
 * The best first. A hierarchy that is mounted says nothing of the right to write in it.
 * @param mounts `/proc/self/mountinfo`
 * @param groups `/proc/self/cgroup`
 */
export function cgroupPlaces(mounts: string, groups: string): CgroupPlace[] {
  const own = ownGroups(mounts, groups);
  const places: CgroupPlace[] = [];
  const delegated = delegatedFolder(own.get(UNIFIED));
  if (delegated !== undefined) places.push({ version: 2, folders: { memory: delegated, cpu: delegated } });
  const memory = own.get('memory')?.folder;
  const cpu = own.get('cpu')?.folder;
  const folders = { ...(memory === undefined ? {} : { memory }), ...(cpu === undefined ? {} : { cpu }) };
  if (Object.keys(folders).length > 0) places.push({ version: 1, folders });
  return places;
}

export interface OwnGroup {
  readonly folder: string;
  /** Nothing is above it that we could see. */
  readonly isRoot: boolean;
}

/** The name of the unified hierarchy among those of controllers. */
export const UNIFIED = '';

/** The groups of a process by controller. */
export function ownGroups(mounts: string, groups: string): Map<string, OwnGroup> {
  const mounted = mountsOf(mounts);
  return new Map(
    groups.split('\n').flatMap((line): [string, OwnGroup][] => {
      const [, names = '', path = ''] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
      return names.split(',').flatMap((name): [string, OwnGroup][] => {
        const mount = mounted.get(name);
        const inside = mount === undefined ? undefined : pathInside(mount.root, path);
        if (mount === undefined || inside === undefined) return [];
        return [[name, { folder: inside === '/' ? mount.folder : join(mount.folder, inside), isRoot: inside === '/' }]];
      });
    }),
  );
}

interface Mount {
  /** The part of the hierarchy that is mounted: in a container, its own. */
  readonly root: string;
  readonly folder: string;
}

function mountsOf(mounts: string): Map<string, Mount> {
  const found = new Map<string, Mount>();
  for (const line of mounts.split('\n')) {
    const [before = '', after = ''] = line.split(' - ');
    const [, , , root = '', folder = ''] = before.split(' ');
    const [type, , options = ''] = after.split(' ');
    if (type === 'cgroup2') found.set(UNIFIED, { root, folder });
    if (type !== 'cgroup') continue;
    for (const option of options.split(',')) found.set(option, { root, folder });
  }
  return found;
}

function pathInside(root: string, path: string): string | undefined {
  if (root === '/') return path === '' ? undefined : path;
  if (path === root) return '/';
  return path.startsWith(`${root}/`) ? path.slice(root.length) : undefined;
}

function delegatedFolder(own: OwnGroup | undefined): string | undefined {
  if (own === undefined) return undefined;
  if (own.isRoot) return own.folder;
  return basename(own.folder) === NODE_LEAF ? dirname(own.folder) : undefined;
}

/** A file of a group and what is to stand in it. */
export type Setting = readonly [file: string, text: string];

const CPU_PERIOD_US = 100_000;
const quotaUsOf = (cpuPercent: number): number => Math.max(1_000, cpuPercent * (CPU_PERIOD_US / 100));

/** The bound of one controller in the words of the version; undefined is none. */
export function settingsOf(version: 1 | 2, controller: Controller, figure: number | undefined): Setting[] {
  const none = version === 2 ? 'max' : '-1';
  if (controller === 'memory')
    return [[version === 2 ? 'memory.max' : 'memory.limit_in_bytes', figure === undefined ? none : String(figure)]];
  const quota = figure === undefined ? none : String(quotaUsOf(figure));
  if (version === 2) return [['cpu.max', `${quota} ${CPU_PERIOD_US}`]];
  return [
    ['cpu.cfs_period_us', String(CPU_PERIOD_US)],
    ['cpu.cfs_quota_us', quota],
  ];
}

/** How often the kernel killed in a group because its memory was over the bound. */
export function oomKillsIn(text: string): number {
  const [, count] = /^oom_kill (\d+)$/m.exec(text) ?? [];
  return Number(count ?? 0);
}
