/** Agents started, stopped and restarted by name, as a person does it, and a launch that a required agent holds up. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { type MeshRun, runMesh } from '../cli/mesh-process.js';
import { SampleFleet } from '../cli/sample-fleet.js';
import { waitUntil } from '../support/wait-for.js';

const CLI_MAIN = fileURLToPath(new URL('../../cli/main.js', import.meta.url));

const foreign = (script: string) => ({
  command: [process.execPath, '-e', script],
  ready: { log: 'serving', intervalMs: 50 },
});
const SERVE = `console.log('serving'); setInterval(() => undefined, 1000);`;
/** Was asked to end, and does it when there is a file `released`. */
const slow = foreign(
  `process.on('SIGTERM', () => setInterval(() => fs.existsSync('released') && process.exit(0), 20)); ${SERVE}`,
);
/** Fails while there is a file `broken`. */
const frail = {
  ...foreign(`if (fs.existsSync('broken')) { console.error('it is broken'); process.exit(3); } ${SERVE}`),
  restart: { firstMs: 10, maxMs: 10, starts: 2 },
};

interface Result {
  readonly instance: string;
  readonly state: string;
  readonly pid: number | null;
  readonly ms: number;
  readonly begun: boolean;
  readonly ok: boolean;
  readonly why: string;
  readonly lastLines: readonly string[];
}

describe('mesh start, stop and restart', function () {
  this.timeout(60_000);
  let fleet: SampleFleet;
  const mesh = (...args: string[]) => runMesh(args, { cwd: fleet.home });
  const resultsOf = ({ stdout }: MeshRun): Result[] => JSON.parse(stdout);
  const rowOf = async (instance: string) => {
    const { agents } = await fleet.ask(instance.endsWith('@pc2') ? 'pc2' : 'main', 'node.ps', {});
    return agents.find((row) => row.instance === instance);
  };
  const breakIt = () => fleet.write('broken', '');
  const mendIt = () => rmSync(join(fleet.home, 'broken'), { force: true });

  before(async () => {
    fleet = await SampleFleet.create();
    const write = (machine: string, agents: unknown) =>
      fleet.write(`config/machines/${machine}.yaml`, JSON.stringify({ agents }));
    write('main', { echo: { module: 'echo' }, frail: { ...frail, after: ['echo'] }, slow, last: { module: 'echo' } });
    write('pc2', {
      echo: { module: 'echo' },
      base: { ...frail, required: true },
      later: { module: 'echo', after: ['echo'] },
    });
    expect((await mesh('up', 'main', '--detach')).code).to.equal(0);
  });
  after(async () => {
    expect((await mesh('down')).code).to.equal(0);
    fleet.close();
  });

  it('tell each agent the moment it is done: one that takes its time delays no other', async () => {
    const stop: ChildProcess = spawn(process.execPath, [CLI_MAIN, 'stop', 'slow', 'echo@main', '--json'], {
      cwd: fleet.home,
      env: { PATH: process.env['PATH'] },
    });
    let notes = '';
    let stdout = '';
    stop.stderr?.on('data', (chunk) => {
      notes += String(chunk);
    });
    stop.stdout?.on('data', (chunk) => {
      stdout += String(chunk);
    });
    const ended = once(stop, 'close');
    await waitUntil('echo to be told', () => notes.includes('echo@main stopped'));
    expect(await rowOf('slow@main')).to.include({ state: 'draining' });
    expect(notes).to.contain('frail@main depends on echo@main').and.not.contain('slow@main stopped');
    await waitUntil('slow to be waited for', () => notes.includes('slow@main is draining; waiting up to'));
    fleet.write('released', '');
    expect(await ended).to.deep.equal([0, null]);
    expect(notes).to.contain('slow@main stopped after ');
    const results: Result[] = JSON.parse(stdout);
    expect(results.map(({ instance, state, ok, pid }) => ({ instance, state, ok, pid }))).to.deep.equal([
      { instance: 'slow@main', state: 'stopped', ok: true, pid: null },
      { instance: 'echo@main', state: 'stopped', ok: true, pid: null },
    ]);
  });

  it('start what is down and leave what runs as it is', async () => {
    const frailBefore = await rowOf('frail@main');
    const run = await mesh('start', '--all', '--machine', 'main', '--json');
    expect(run.code).to.equal(0);
    expect(resultsOf(run).map(({ state, ok }) => `${state} ${ok}`)).to.deep.equal(Array(4).fill('ready true'));
    expect((await rowOf('frail@main'))?.pid).to.equal(frailBefore?.pid);
  });

  it('do not wait when they are told so', async () => {
    const run = await mesh('restart', 'echo@main', '--no-wait');
    expect(run).to.include({ code: 0 });
    expect(run.stderr).to.contain('echo@main: begun');
    await waitUntil('echo to be back', async () => (await rowOf('echo@main'))?.state === 'ready');
  });

  it('go on one after the other, and touch nothing more when one fails', async () => {
    const last = await rowOf('last@main');
    breakIt();
    const run = await mesh('restart', 'echo@main', 'frail', 'last', '--rolling', '--json');
    expect(run.code).to.equal(7);
    const [echo, failed, untouched] = resultsOf(run);
    expect(echo).to.include({ instance: 'echo@main', ok: true });
    expect(failed).to.include({ instance: 'frail@main', ok: false, begun: true });
    expect(failed?.lastLines.join('\\n')).to.contain('it is broken');
    expect(untouched).to.include({ ok: false, begun: false, why: 'not touched: frail@main failed before it' });
    expect(untouched?.pid).to.equal(last?.pid);
    expect(run.stderr).to.contain('  | it is broken').and.contain('not touched: last@main');
  });

  it('release what is quarantined', async () => {
    await waitUntil('it to be quarantined', async () => (await rowOf('frail@main'))?.state === 'quarantined');
    const status = await mesh('status', '--machine', 'main');
    expect(status.code).to.equal(7);
    expect(status.stdout).to.match(/problem: frail@main .*quarantined/);
    expect((await mesh('ps')).stdout).to.match(/^frail +main +quarantined/m);
    const failing = await mesh('start', 'frail', '--json');
    expect(failing.code).to.equal(1);
    expect(resultsOf(failing)[0]?.why).to.match(/quarantined|exit code 3/);
    mendIt();
    const mended = await mesh('start', 'frail');
    expect(mended.code).to.equal(0);
    expect(mended.stderr).to.match(/frail@main ready after/);
  });

  it('say what they do not understand, and who is not there', async () => {
    for (const [args, code, text] of [
      [['stop', 'ecko'], 3, 'did you mean echo?'],
      [['stop'], 2, 'mesh stop needs AGENT'],
      [['start', 'echo', '--all'], 2, 'contradict'],
      [['restart', 'echo', '--rolling', '--no-wait'], 2, '--no-wait contradicts it'],
      [['stop', 'node@main'], 2, 'mesh down main'],
      [['stop', 'broker@main'], 1, 'ends with its machine'],
      [['start', 'later'], 4, 'mesh up pc2'],
      [['restart', 'echo@pc3'], 3, 'did you mean pc2?'],
    ] as const) {
      const run = await mesh(...args);
      expect(run.code, args.join(' ')).to.equal(code);
      expect(run.stderr).to.contain(text);
    }
  });

  it('answer for the machines that are there when another one is away', async () => {
    const run = await mesh('restart', 'echo', '--json');
    expect(run.code).to.equal(7);
    const [main, pc2] = resultsOf(run);
    expect(main).to.include({ instance: 'echo@main', ok: true });
    expect(pc2).to.include({ instance: 'echo@pc2', ok: false, state: 'unknown' });
    expect(pc2?.why).to.contain('cannot be reached');
  });

  it('are not needed for a launch that a required agent holds up: what runs is left, and it is said who waits', async () => {
    breakIt();
    const up = await mesh('up', 'pc2', '--detach', '--json');
    expect(up.code).to.equal(7);
    const [outcome] = JSON.parse(up.stdout);
    expect(outcome).to.deep.include({ machine: 'pc2', agentCount: 3, held: ['later@pc2'] });
    expect(outcome.failed[0]).to.include({ instance: 'base@pc2' });
    expect(outcome.failed[0].lastLines.join()).to.contain('it is broken');
    expect(up.stderr).to.contain('base@pc2 is not ready').and.contain('held back by that: later@pc2');
    // It was still on its way, maybe, when the other one failed.
    await waitUntil('echo to run', async () => (await rowOf('echo@pc2'))?.state === 'ready');
    mendIt();
    expect((await mesh('start', 'base')).code).to.equal(0);
    await waitUntil('the launch to go on', async () => (await rowOf('later@pc2'))?.state === 'ready');
  });
});
