/**
 * The systemd unit of one machine: the node under the care of systemd instead of a keeper. Pure.
 *
 * Stopping the unit takes the machine down, agents and all; so does `systemctl restart`, which is a stop and a start.
 * A node that is killed alone is started again and takes its living agents over.
 */
import { errorTable, MeshError } from '../../common/core/errors.js';
import { AGENT_VARIABLE, TOKEN_VARIABLE, tokenOf } from '../../common/core/process-scan.js';

export interface UnitSpec {
  readonly meshName: string;
  readonly machine: string;
  /** Absolute. */
  readonly home: string;
  /** Overlay in config/environments. */
  readonly environment: string | undefined;
  /** Whom the node and its agents run as. */
  readonly user: string;
  /** Where agents find their programs. */
  readonly path: string;
  readonly nodeExecutable: string;
  /** Of Node itself, for the daemon. */
  readonly nodeFlags: readonly string[];
  /** The daemon's program. */
  readonly nodeMain: string;
  /** The `mesh` command's. */
  readonly cliMain: string;
  /** What taking the machine down may take. */
  readonly stopBoundMs: number;
}

export const unitName = ({ meshName, machine }: Pick<UnitSpec, 'meshName' | 'machine'>): string =>
  `mesh-${meshName}-${machine}.service`;

/** Between a failure and the next start. */
const RESTART_S = 2;
/** For `mesh down` itself, beyond what it waits for. */
const STOP_MARGIN_MS = 10_000;
/** 74 agents with their sockets need some thousands in the broker; systemd's own soft default is 1024. */
const OPEN_FILES = 65_536;
/** What no new start mends; whoever mends it starts the unit. */
const FINAL = [errorTable.CONFIG_INVALID, errorTable.NOT_FOUND, errorTable.INSECURE].map(({ exitCode }) => exitCode);

/** @throws MeshError CONFIG_INVALID for a path that no unit can hold */
export function unitText(spec: UnitSpec): string {
  const { meshName, machine, home, environment, user, path, nodeExecutable, nodeMain, cliMain } = spec;
  for (const text of [home, path, nodeExecutable, nodeMain, cliMain, user]) refuseControlCharacters(text);
  const variables = {
    PATH: path,
    MESH_HOME: home,
    MESH_MACHINE: machine,
    ...(environment === undefined ? {} : { MESH_ENV: environment }),
    // By these "mesh down" knows the node among all processes.
    [TOKEN_VARIABLE]: tokenOf(home, machine),
    [AGENT_VARIABLE]: 'node',
  };
  return `# Machine ${machine} of the mesh ${meshName}. Written by "mesh service install", which overwrites it: put changes of
# your own into a drop-in ("systemctl edit ${unitName(spec)}").

[Unit]
Description=Node of ${machine} in the mesh ${meshName}
Wants=network-online.target
After=network-online.target
# Never given up: a machine without its node has nobody who brings its agents back.
StartLimitIntervalSec=0

[Service]
Type=exec
User=${specifierFree(user)}
WorkingDirectory=${specifierFree(home)}
${Object.entries(variables)
  .map(([name, value]) => `Environment=${quoted(`${name}=${value}`)}`)
  .join('\n')}
ExecStart=${commandLine(nodeExecutable, ...spec.nodeFlags, nodeMain)}
# A stop (and so a restart) takes the whole machine down: agents finish what they have, then the node ends.
ExecStop=${commandLine(nodeExecutable, cliMain, 'down', machine)}
TimeoutStopSec=${Math.ceil((spec.stopBoundMs + STOP_MARGIN_MS) / 1_000)}
# A node that was killed or failed comes back, and takes over its agents: they outlive it, so only it is killed.
KillMode=process
Restart=on-failure
RestartSec=${RESTART_S}
# What it refuses – its configuration, its machine, an insecure address – it would refuse again.
RestartPreventExitStatus=${[...new Set(FINAL)].join(' ')}
# An agent that the kernel kills for its memory is the node's business, and no reason to stop the unit.
OOMPolicy=continue
# The node may bound its agents by control groups of its own, beside the one that it runs in itself.
Delegate=yes
DelegateSubgroup=mesh-node
LimitNOFILE=${OPEN_FILES}
UMask=0027
# Left out on purpose: PrivateTmp and other mounts of its own (agents outlive the node, and the next one would see other
# folders than they do), NoNewPrivileges (agents may use sudo, or have a user of their own). Add them in a drop-in if
# no agent of yours minds.

[Install]
WantedBy=multi-user.target
`;
}

/** Words of a command: quoted, with systemd's own marks made plain. */
const commandLine = (...words: readonly string[]): string =>
  words.map((word) => quoted(word).replaceAll('$', '$$$$')).join(' ');

const quoted = (text: string): string => `"${specifierFree(text).replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

const specifierFree = (text: string): string => text.replaceAll('%', '%%');

function refuseControlCharacters(text: string): void {
  const isPlain = [...text].every((letter) => letter >= ' ' && letter !== '\u007f');
  if (isPlain) return;
  throw new MeshError('CONFIG_INVALID', `${JSON.stringify(text)} has control characters: no unit can hold that`, {
    hint: 'use a folder with a plain name',
  });
}
