/**
 * The program of a node: `node main.js`, with MESH_HOME, MESH_MACHINE and the other settings in its environment.
 * When it cannot start it says why in one JSON line on standard error, and ends with the exit code of that error.
 */
import { readFileSync } from 'node:fs';
import { readSettings } from '../../common/config/settings.js';
import { errorTable, MeshError, messageOf, toMeshError } from '../../common/core/errors.js';
import { withCertificates } from '../../common/core/extra-certificates.js';
import { installLastWords } from '../../common/log/last-words.js';
import { openLog } from '../../common/log/log.js';
import { openMachineFolder } from './machine/machine-folder.js';
import { MeshNode } from './node.js';
import { NODE_AGENT } from './records/incident.js';
import { loadFleetOfLiving, loadNodeFleet } from './reload/node-fleet.js';

async function main(): Promise<void> {
  const settings = readSettings({ env: process.env, cwd: process.cwd() });
  const asked = { ...settings, env: process.env };
  const load = () => loadNodeFleet(asked);
  const { fleet, machine } = loadFleetOfLiving(asked);
  installLastWords(openMachineFolder(fleet.home, machine.name).lastWordsOf(NODE_AGENT, 0));
  const log = openLog({ agent: NODE_AGENT, machine: machine.name }, settings.logLevel);
  let opening: Promise<MeshNode> | undefined;
  let stopping = false;
  const stop = async () => {
    if (stopping) return;
    stopping = true;
    log.info('stopping');
    // One that is only just coming up may have started something already.
    const node = await opening?.catch(() => undefined);
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
  opening = MeshNode.open({
    fleet,
    machine,
    load,
    version: packageVersion(),
    log,
    logLevel: settings.logLevel,
    env: withCertificates(process.env),
    onStop: () => void stop(),
    onFatal: fail,
  });
  await opening;
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

main().catch((error: unknown) => {
  const failure = toMeshError(error);
  const told = error instanceof MeshError ? failure.toBody() : { ...failure.toBody(), message: messageOf(error) };
  process.stderr.write(`${JSON.stringify({ error: told })}\n`);
  process.exit(errorTable[failure.code].exitCode);
});
