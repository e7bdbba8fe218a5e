/** Nodes that `mesh up` started are killed: their keepers bring them back, and their agents do not notice. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { AGENT_VARIABLE, findProcesses, tokenOf } from '../../common/core/process-scan.js';
import { runMesh } from '../cli/mesh-process.js';
import { SampleFleet } from '../cli/sample-fleet.js';
import { waitUntil } from '../support/wait-for.js';

const CLI_MAIN = fileURLToPath(new URL('../../cli/main.js', import.meta.url));
const KEEPER_MAIN = fileURLToPath(new URL('../../agents/node/keeper/keeper.js', import.meta.url));
const MACHINES = ['main', 'pc2'] as const;
/** What is promised for a node that is killed: it is back, with all its agents, within this time. */
const BACK_MS = 10_000;
/** Until a new node is said, if it ever is. */
const SAID_MS = 5_000;
const TRIES_MAX = 3;

interface Row {
  readonly instance: string;
  readonly state: string;
  readonly pid: number;
  readonly restarts: number;
}

describe('the keepers of a fleet', function () {
  this.timeout(60_000);
  let fleet: SampleFleet;
  const mesh = (...args: string[]) => runMesh(args, { cwd: fleet.home });

  before(async () => {
    fleet = await SampleFleet.create();
    fleet.write('config/machines/main.yaml', 'agents: { echo: { module: echo } }');
    fleet.write('config/machines/pc2.yaml', 'agents: { echo: { module: echo } }');
  });
  after(async () => {
    await mesh('down');
    expect(living()).to.deep.equal([]);
    fleet.close();
  });

  /** `node@main`, `keeper@main`, `echo@pc2` … of what lives, with its pid. */
  const living = () =>
    MACHINES.flatMap((machine) =>
      findProcesses(tokenOf(fleet.home, machine)).map(({ pid, env }) => ({
        name: `${env[AGENT_VARIABLE]}@${machine}`,
        pid,
      })),
    );
  const pidsOf = (part: string) =>
    living()
      .filter(({ name }) => name.startsWith(`${part}@`))
      .map(({ pid }) => pid);
  const kill = (pids: readonly number[]) => {
    for (const pid of pids) process.kill(pid, 'SIGKILL');
  };
  const rows = async (): Promise<Row[]> => {
    const answers = await Promise.all(MACHINES.map((machine) => fleet.ask(machine, 'node.ps', {})));
    return answers.flatMap(({ agents }) => agents);
  };
  const areBack = async (before: readonly Row[]) => {
    const now = await rows();
    return (
      now.every(({ state }) => state === 'ready') &&
      JSON.stringify(now.map(({ instance, pid, restarts }) => [instance, pid, restarts])) ===
        JSON.stringify(before.map(({ instance, pid, restarts }) => [instance, pid, restarts]))
    );
  };

  it('bring both nodes back when they are killed, with every agent as it was', async () => {
    expect((await mesh('up', '--all', '--detach')).code).to.equal(0);
    const before = await rows();
    const keepers = pidsOf('keeper');
    const nodes = pidsOf('node');
    expect([keepers.length, nodes.length]).to.deep.equal([2, 2]);
    kill(nodes);
    await waitUntil('both nodes to be back', () => areBack(before), BACK_MS);
    expect(pidsOf('keeper')).to.deep.equal(keepers);
    expect(pidsOf('node')).to.have.length(2);
    expect(pidsOf('node')).to.not.include.members(nodes);
    expect(pidsOf('echo')).to.have.length(2);
  });

  it('are missed when they are killed themselves, and cost nobody anything else', async () => {
    const before = await rows();
    const [keeper = 0] = pidsOf('keeper');
    kill([keeper]);
    await waitUntil('the node to miss its keeper', async () =>
      (await fleet.ask('main', 'node.status', {})).warnings.join().includes(`process ${keeper}`),
    );
    expect(await areBack(before)).to.equal(true);
    const again = await mesh('up', 'main', '--detach');
    expect(again.code).to.equal(6);
    expect(again.stderr).to.contain('node process');
  });

  it('leave nothing behind when the fleet is taken down, with or without a node', async () => {
    kill([...pidsOf('keeper'), ...pidsOf('node')]);
    expect(living().map(({ name }) => name)).to.include('echo@main');
    expect((await mesh('down')).code).to.equal(0);
    expect(living()).to.deep.equal([]);
  });

  it('are taken down with all they keep though the configuration was spoilt meanwhile', async () => {
    const { code, stderr } = await mesh('up', 'main', '--detach');
    expect(code, stderr).to.equal(0);
    const file = 'config/machines/main.yaml';
    const written = fleet.read(file);
    fleet.write(file, 'agents: { echo: { modul: echo } }');
    expect((await mesh('down', 'main')).code).to.equal(2);
    expect(pidsOf('echo')).to.have.length(1);
    const down = await mesh('down');
    expect(down.code, down.stderr).to.equal(0);
    expect(down.stderr).to.match(/found by its marks: .*modul/s);
    expect(living()).to.deep.equal([]);
    expect((await mesh('down')).code, 'with nothing to stop the fault is told').to.equal(2);
    fleet.write(file, written);
  });

  it('also keep what is held in the foreground, where it is said', async () => {
    const up: ChildProcess = spawn(process.execPath, [CLI_MAIN, 'up', '--all'], {
      cwd: fleet.home,
      env: { PATH: process.env['PATH'] },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended = once(up, 'exit');
    let output = '';
    for (const stream of [up.stdout, up.stderr]) {
      stream?.on('data', (chunk) => {
        output += String(chunk);
      });
    }
    await waitUntil('the fleet to be up', () => /2 agents ready in .* s\n/.test(output), 30_000);
    const tookS = Number(/ready in ([\d.]+) s/.exec(output)?.[1]);
    expect(tookS, 'it began after this process').to.be.above(0).and.below(process.uptime());
    const isSaid = () => MACHINES.every((name) => output.includes(`${name} has a new node`));
    // It looks twice a second: of a node that it has not seen yet it cannot say that there is another one.
    for (let tries = 1; !isSaid(); tries++) {
      expect(tries, 'tries').to.be.at.most(TRIES_MAX);
      const before = await rows();
      kill(pidsOf('node'));
      await waitUntil('both nodes to be back', () => areBack(before), BACK_MS);
      await waitUntil('it to be said', isSaid, SAID_MS).catch(() => undefined);
    }
    up.kill('SIGINT');
    expect(await ended).to.deep.equal([0, null]);
    expect(living()).to.deep.equal([]);
  });

  it('do not start again what refuses to start', async () => {
    const keeper = spawn(process.execPath, [KEEPER_MAIN], {
      env: { PATH: process.env['PATH'], MESH_HOME: fleet.home, MESH_MACHINE: 'mian' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [keeper.stdout, keeper.stderr]) {
      stream.on('data', (chunk) => {
        said += String(chunk);
      });
    }
    expect(await once(keeper, 'close')).to.deep.equal([3, null]);
    expect(said.match(/there is no machine/g)).to.have.length(1);
  });
});
