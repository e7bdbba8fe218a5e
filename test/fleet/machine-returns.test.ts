/**
 * The plug of pc2 is pulled: its processes and its network are gone at once. Afterwards its start script runs, as it does
 * at a boot, and nobody touches anything: all of its agents are back, and main has every record once.
 * Needs root, network namespaces and iptables; elsewhere it says that it was skipped.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { tokenOf } from '../../common/core/process-scan.js';
import { PACKAGE_ROOT } from '../cli/mesh-process.js';
import { fixture } from '../support/fleet/test-fleet.js';
import type { TestMachine } from '../support/fleet/test-machine.js';
import { machinesOn } from '../support/fleet/two-hosts.js';
import { NetworkNamespaces } from '../support/network/network-namespaces.js';
import { storedTexts } from '../support/oracle/main-log.js';
import { complaintsOf, judge, noComplaints } from '../support/oracle/oracle.js';
import { IncarnationWatch } from '../support/processes/incarnation-watch.js';
import { waitUntil } from '../support/wait-for.js';

/** The long form is that of the reference fleet. */
const AGENTS = Number(process.env['MESH_TEST_AGENTS'] ?? 6);
const TURNS_BEFORE = 20;
/** What is promised: a heartbeat each second, of which three are missed, and a second. */
const MISSED_MS = 5_000;
/** Main misses it, and says so to all who follow the registry, that machine too; six seconds of tries later the kernel gives up. */
const GIVEN_UP_MS = MISSED_MS + 7_000;

describe(`a machine of ${AGENTS} agents whose power failed`, function () {
  this.timeout(60_000 + AGENTS * 2_000);
  const root = mkdtempSync(join(tmpdir(), 'mesh-returns-'));
  const names = Array.from({ length: AGENTS }, (_, index) => `worker-${index + 1}`);
  let hosts: NetworkNamespaces;
  let main: TestMachine;
  let pc2: TestMachine;
  let watch: IncarnationWatch | undefined;

  before(async function () {
    const opened = NetworkNamespaces.open();
    if ('reason' in opened) {
      console.log(`    skipped: ${opened.reason}`);
      this.skip();
    }
    hosts = opened.namespaces;
    ({ main, pc2 } = machinesOn(hosts, root, {
      pc2: Object.fromEntries(names.map((name) => [name, fixture('worker', { perSecond: 20 })])),
    }));
    watch = new IncarnationWatch([tokenOf(pc2.home, pc2.name)]);
    main.start();
    await startPc2();
    await Promise.all([main.ready(), pc2.ready()]);
  });

  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(`${main.outputs}\n${pc2.outputs}`);
  });

  after(async () => {
    watch?.close();
    if (hosts !== undefined) {
      // What the script started has nobody else who ends it.
      await startPc2('scripts/stop.sh', 'pc2').catch(() => undefined);
      const faults = (await Promise.all([main?.close(), pc2?.close()])).flat();
      hosts.close();
      expect(faults).to.deep.equal([]);
    }
    rmSync(root, { recursive: true, force: true });
  });

  it('is missed by main within five seconds, and none of its connections is taken for alive any longer', async () => {
    await waitUntil('the agents to be at work', () => stored().length > TURNS_BEFORE * AGENTS);
    expect(hosts.connections('main')).to.be.greaterThan(0);
    hosts.powerOff('pc2');
    await Promise.all([
      waitUntil('main to miss pc2', async () => !(await isReachable()), MISSED_MS),
      waitUntil('main to give its connections up', () => hosts.connections('main') === 0, GIVEN_UP_MS),
    ]);
  });

  it('is whole again when its start script has run, with nobody touching it', async () => {
    hosts.powerOn('pc2');
    await startPc2();
    const { readyCount, agentCount, phase } = await pc2.ask('node.status', {});
    expect({ readyCount, agentCount, phase }).to.deep.equal({ readyCount: AGENTS, agentCount: AGENTS, phase: 'ready' });
    await waitUntil('main to reach pc2', isReachable);
    const { agents } = await main.ask('registry.list', {});
    const ready = agents.filter(({ machine, state }) => machine === 'pc2' && state === 'ready');
    expect(ready.map(({ agent }) => agent).sort()).to.deep.equal([...names].sort());
  });

  it('has lost no record and done no turn twice, and no agent ran twice', async () => {
    for (const name of names) await pc2.call(`${name}.rest`);
    await waitUntil('pc2 to have nothing left', async () => {
      const { pendingCount } = await pc2.ask('journal.status', {});
      return pendingCount === 0;
    });
    const folder = join(pc2.home, 'ledgers');
    const ledgerFiles = readdirSync(folder).map((name) => join(folder, name));
    expect(complaintsOf(judge({ ledgerFiles, mainRecords: stored() }))).to.deep.equal(noComplaints);
    expect([...(watch?.doubles ?? [])]).to.deep.equal([]);
  });

  const stored = () => storedTexts(main.logFile, 'work');

  async function isReachable(): Promise<boolean> {
    const { machines } = await main.ask('registry.list', {});
    return machines.some(({ machine, reachable }) => machine === 'pc2' && reachable);
  }

  /** As at a boot: the script that the README names, on pc2. Resolves when it has ended. */
  async function startPc2(script = 'scripts/start-pc2.sh', ...args: readonly string[]): Promise<void> {
    const [program = '', ...runner] = hosts.runner('pc2');
    const { PATH = '', HOME = '' } = process.env;
    const argv = [...runner, 'bash', join(PACKAGE_ROOT, script), ...(args.length === 0 ? ['--detach'] : args)];
    const child = spawn(program, argv, { env: { PATH, HOME, MESH_HOME: pc2.home }, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const output of [child.stdout, child.stderr])
      output.on('data', (chunk) => {
        said += String(chunk);
      });
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect(code, said).to.equal(0);
  }
});
