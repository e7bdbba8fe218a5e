/** The units of this box's machines: what they should be, and what is installed. Reads and writes files, asks systemd nothing. */
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeFlags } from '../../agents/node/keeper/node-flags.js';
import type { FleetConfig, MachineConfig } from '../../common/config/fleet-config.js';
import { MeshError, messageOf, systemCodeOf } from '../../common/core/errors.js';
import type { Operand } from '../command/command.js';
import type { Context } from '../command/context.js';
import { stopBoundMs } from '../launch/machine-stop.js';
import { nodeMainFile } from '../launch/node-process.js';
import { isLocal } from '../launch/start-plan.js';
import type { Arguments } from '../line/arguments.js';
import type { OptionSpec } from '../line/option-spec.js';
import { unitName, unitText } from './systemd-unit.js';

export interface ServiceFile {
  readonly machine: string;
  /** Of the unit, as systemctl takes it. */
  readonly unit: string;
  readonly file: string;
  /** What it should hold. */
  readonly text: string;
  /** outdated: it holds something else. */
  readonly state: 'missing' | 'current' | 'outdated';
}

const UNIT_FOLDER = '/etc/systemd/system';
const CLI_MAIN = fileURLToPath(new URL('../main.js', import.meta.url));

export const serviceOperands: readonly Operand[] = [
  { syntax: '[machine...]', description: 'which machines; default: those that are this box', completes: 'machine' },
];

export const serviceOptions: readonly OptionSpec[] = [
  { flags: '--systemd', description: 'as units of systemd: the only kind there is' },
  { flags: '--dir <dir>', description: `where units are; default ${UNIT_FOLDER}` },
];

export const userOption: OptionSpec = {
  flags: '--user <name>',
  description: 'whom the node runs as; default: the owner of the fleet folder',
};

/** @throws MeshError NOT_FOUND for an unknown machine, USAGE when none is this box */
export async function serviceFiles(context: Context, args: Arguments): Promise<readonly ServiceFile[]> {
  const fleet = await context.fleet();
  const machines = await machinesMeant(context, fleet, args.list(0));
  const folder = resolve(context.surroundings.cwd, args.text('dir') ?? UNIT_FOLDER);
  const user = args.text('user') ?? ownerOf(fleet.home);
  const { environment, home, meshName } = fleet;
  return machines.map((machine) => {
    const spec = {
      meshName,
      machine: machine.name,
      home,
      environment,
      user,
      path: context.surroundings.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
      nodeExecutable: process.execPath,
      nodeFlags: nodeFlags({}),
      nodeMain: nodeMainFile,
      cliMain: CLI_MAIN,
      stopBoundMs: stopBoundMs(machine),
    };
    const unit = unitName(spec);
    const text = unitText(spec);
    const file = join(folder, unit);
    return { machine: machine.name, unit, file, text, state: stateOf(file, text) };
  });
}

async function machinesMeant(
  context: Context,
  fleet: FleetConfig,
  names: readonly string[],
): Promise<readonly MachineConfig[]> {
  const { machine } = context.flags;
  const asked = names.length > 0 || machine === undefined ? names : [machine];
  if (asked.length > 0) return Promise.all([...new Set(asked)].map((name) => context.machine(name)));
  const local = [...fleet.machines.values()].filter(isLocal);
  if (local.length > 0) return local;
  throw new MeshError('USAGE', 'no machine of the fleet has an address of this box', {
    hint: `name one: its machines are ${[...fleet.machines.keys()].join(', ')}`,
  });
}

/** @throws MeshError CONFIG_INVALID when the folder has an owner without a name */
function ownerOf(home: string): string {
  const { uid } = statSync(home);
  const own = userInfo();
  if (own.uid === uid) return own.username;
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.split(':')[2] === String(uid));
  const name = line?.split(':')[0];
  if (name !== undefined) return name;
  throw new MeshError('USAGE', `${home} belongs to user ${uid}, who has no name in /etc/passwd`, {
    hint: 'say with --user whom the node is to run as',
  });
}

function stateOf(file: string, text: string): ServiceFile['state'] {
  try {
    return readFileSync(file, 'utf8') === text ? 'current' : 'outdated';
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return 'missing';
    throw unwritable(file, error);
  }
}

/** @throws MeshError START_FAILED when it may not be written */
export function writeService({ file, text }: ServiceFile): void {
  try {
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, text, { mode: 0o644 });
  } catch (error) {
    throw unwritable(file, error);
  }
}

/** @throws MeshError START_FAILED when it may not be removed */
export function removeService({ file }: ServiceFile): void {
  try {
    rmSync(file, { force: true });
  } catch (error) {
    throw unwritable(file, error);
  }
}

const unwritable = (file: string, error: unknown): MeshError =>
  new MeshError('START_FAILED', `${file}: ${messageOf(error)}`, {
    hint: 'run it as root, or write it elsewhere with --dir and put it there yourself',
    cause: error,
  });
