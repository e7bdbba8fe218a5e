/**
 * The program of a node: `node main.js`, with MESH_HOME, MESH_MACHINE and the other settings in its environment.
 * When it cannot start it says why in one JSON line on standard error, and ends with the exit code of that error.
 */
import { readFileSync } from 'node:fs';
import { loadFleet } from '../../common/config/fleet-config.js';
import { readSettings } from '../../common/config/settings.js';
import { errorTable, MeshError, messageOf, toMeshError } from '../../common/core/errors.js';
import { nearest } from '../../common/core/nearest.js';
import { installLastWords } from '../../common/log/last-words.js';
import { openLog } from '../../common/log/log.js';
import { NODE_AGENT } from './incident.js';
import { openMachineFolder } from './machine-folder.js';
import { MeshNode } from './node.js';

async function main(): Promise<void> {
  const settings = readSettings({ env: process.env, cwd: process.cwd() });
  const fleet = loadFleet({ home: settings.home, env: settings.environment });
  const name = settings.machine ?? fleet.main.name;
  const machine = fleet.machines.get(name);
  if (machine === undefined) {
    const near = nearest(name, [...fleet.machines.keys()]);
    throw new MeshError('NOT_FOUND', `there is no machine "${name}" in config/mesh.yaml`, {
      hint: near === undefined ? 'see "mesh status"' : `did you mean ${near}?`,
    });
  }
  installLastWords(openMachineFolder(fleet.home, name).lastWordsOf(NODE_AGENT, 0));
  const log = openLog({ agent: NODE_AGENT, machine: name }, settings.logLevel);
  let node: MeshNode | undefined;
  let stopping = false;
  const stop = async () => {
    if (stopping) return;
    stopping = true;
    log.info('stopping');
    await node?.close();
    log.info('stopped');
    process.exit(0);
  };
  // Only the node ends: its agents live on, and the next node takes them over.
  const fail = (because: MeshError) => {
    log.error({ err: because }, 'the node cannot go on');
    process.exit(errorTable[because.code].exitCode);
  };
  process.on('SIGTERM', () => void stop());
  process.on('SIGINT', () => void stop());
  node = await MeshNode.open({
    fleet,
    machine,
    version: packageVersion(),
    log,
    logLevel: settings.logLevel,
    env: process.env,
    onStop: () => void stop(),
    onFatal: fail,
  });
  tellKeeper();
}

/** A keeper starts a node again only if it was up once; whoever else started this one does not listen. */
function tellKeeper(): void {
  process.send?.('up', undefined, undefined, () => {
    if (process.connected) process.disconnect();
  });
}

function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return version;
}

await main().catch((error: unknown) => {
  const failure = toMeshError(error);
  const told = error instanceof MeshError ? failure.toBody() : { ...failure.toBody(), message: messageOf(error) };
  process.stderr.write(`${JSON.stringify({ error: told })}\n`);
  process.exit(errorTable[failure.code].exitCode);
});
