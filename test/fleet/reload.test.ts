/** A changed configuration of a machine that runs: only what differs is touched, one agent at a time, or nothing stays changed. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { AgentEntry } from '../../common/config/schemas.js';
import { MeshError } from '../../common/core/errors.js';
import type { Output } from '../../common/protocol/catalogue.js';
import { runMesh } from '../cli/mesh-process.js';
import { TestFleet } from '../support/fleet/test-fleet.js';
import type { TestMachine } from '../support/fleet/test-machine.js';
import { storedErrors } from '../support/oracle/main-log.js';
import { waitFor, waitUntil } from '../support/wait-for.js';

type Set = Readonly<Record<string, AgentEntry>>;
type Rollout = Output<'node.rollout'>;

const sleeper = (seconds: number): AgentEntry => ({ command: ['sleep', String(seconds)] });
/** Ready when the file `gate` is there. */
const gated: AgentEntry = {
  command: ['sleep', '2000'],
  ready: { file: './gate', intervalMs: 20 },
  readyTimeoutMs: 60_000,
};

const before: Set = {
  steady: sleeper(1000),
  tuned: sleeper(1000),
  moved: { ...sleeper(1000), after: ['steady'] },
  leaving: { ...sleeper(1000), after: ['moved'] },
  resting: sleeper(1000),
  last: { ...sleeper(1000), after: { moved: 'started', steady: 'ready' } },
};

describe('a reload', () => {
  let fleet: TestFleet;
  let main: TestMachine;
  beforeEach(async () => {
    fleet = await TestFleet.open({ main: before });
    main = fleet.main;
    main.start();
    await main.ready();
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') console.error(main.outputs);
    await fleet.close();
  });

  const write = (agents: Set) =>
    writeFileSync(join(main.home, 'config/machines/main.yaml'), JSON.stringify({ agents }, null, 2));
  const pids = async () => {
    const { agents } = await main.ask('node.ps', {});
    return Object.fromEntries(agents.map(({ agent, pid }) => [agent, pid]));
  };
  const rollout = (state: Rollout['state']) =>
    waitFor(`the rollout to be ${state}`, async () => {
      const seen = await main.ask('node.rollout', {});
      return seen.state === state ? seen : undefined;
    });
  const refusal = async (asking: Promise<unknown>) => {
    const error = await asking.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (error instanceof MeshError) return error;
    throw new Error(`it was not refused: ${String(error)}`);
  };
  const steps = ({ steps }: Rollout) => steps.map(({ agent, state }) => `${agent} ${state}`);

  it('touches only what is different, and says before what that is', async () => {
    await main.ask('node.stop', { agent: 'resting' });
    await waitUntil('resting to be down', async () => (await main.process('resting')).state === 'stopped');
    const old = await pids();
    const { leaving: _, ...others } = before;
    write({
      ...others,
      tuned: { ...sleeper(1000), restart: 'never' },
      moved: { ...sleeper(2000), after: ['steady'] },
      resting: sleeper(2000),
      fresh: { ...sleeper(1000), after: ['moved'] },
    });
    const { changes, needsNode } = await main.ask('node.reload', { dryRun: true });
    expect(changes.map(({ agent, change, fields }) => [agent, change, ...fields].join(' '))).to.deep.equal([
      'leaving stop',
      'tuned live restart',
      'resting live command',
      'moved restart command',
      'fresh start',
    ]);
    expect(needsNode).to.deep.equal([]);
    expect(await pids(), 'a dry run changes nothing').to.deep.equal(old);

    const { code, stdout, stderr } = await runMesh(['reload', 'main'], { cwd: main.home });
    expect(stderr).to.match(/^moved@main restart rolling\nmoved@main restart done$/m);
    expect(stdout).to.match(/^moved +main +restart +command$/m);
    expect(code).to.equal(0);
    const { leaving, ...now } = await pids();
    expect(leaving).to.equal(undefined);
    expect(now).to.include({ steady: old['steady'], tuned: old['tuned'], last: old['last'], resting: 0 });
    expect(now['moved']).to.not.equal(old['moved']);
    expect((await main.process('fresh')).state).to.equal('ready');
    expect((await main.ask('node.reload', { dryRun: true })).changes, 'nothing is left to do').to.deep.equal([]);

    await main.ask('node.start', { agent: 'resting' });
    await waitUntil('resting to be up', async () => (await main.process('resting')).state === 'ready');
    expect((await main.process('resting')).outdated).to.equal(false);
  });

  it('changes nothing when a file has a fault, and names it', async () => {
    const old = await pids();
    write({ ...before, moved: sleeper(2000), tuned: { command: ['no-such-program'] } });
    const error = await refusal(main.ask('node.reload', {}));
    expect(error).to.include({ code: 'CONFIG_INVALID' });
    expect(error.message).to.match(/^config\/machines\/main\.yaml:\d+: the command of `tuned` is missing/);
    expect(error.details?.['issues']).to.have.length(1);
    expect((await runMesh(['reload', 'main'], { cwd: main.home })).code).to.equal(2);
    expect(await main.ask('node.rollout', {})).to.deep.equal({ state: 'none', why: '', steps: [] });
    expect(await pids()).to.deep.equal(old);
  });

  it('takes everything back when an agent does not serve with its new words', async () => {
    const old = await pids();
    writeFileSync(join(main.home, 'broken.js'), 'throw new Error("this module is broken");\n');
    const broken: AgentEntry = { module: './broken.js', after: { moved: 'started', steady: 'ready' } };
    write({ ...before, moved: { ...sleeper(2000), after: ['steady'] }, last: broken });
    const { code, stderr } = await runMesh(['reload', 'main'], { cwd: main.home });
    expect(code).to.equal(1);
    expect(stderr)
      .to.match(/^last@main restart failed: exit code \d+$/m)
      .and.to.contain('  | Error: this module is broken');

    const rolledBack = await rollout('rolled-back');
    expect(steps(rolledBack)).to.deep.equal(['moved rolled-back', 'last failed']);
    const now = await pids();
    for (const agent of ['steady', 'tuned', 'leaving', 'resting', 'broker'])
      expect(now[agent], agent).to.equal(old[agent]);
    for (const agent of ['moved', 'last']) {
      expect(await main.process(agent), agent).to.include({ state: 'ready', outdated: false, restarts: 0 });
      expect(now[agent], agent).to.not.equal(old[agent]);
    }
    const { problems } = await main.ask('node.status', {});
    expect(problems).to.have.length(1);
    expect(problems[0]).to.match(/^the configuration on disk was rolled back: last: exit code \d+$/);
    const report = await waitFor('the error bus to have it', () =>
      storedErrors(main.logFile).find(({ code }) => code === 'RELOAD_ROLLED_BACK'),
    );
    expect(report.message).to.equal(problems[0]);
    expect(report.context).to.deep.include({ failed: ['last'], rolledBack: ['moved'], notTouched: [] });
    expect(String(report.context['lastLines'])).to.contain('this module is broken');

    write(before);
    expect((await main.ask('node.reload', {})).changes, 'the files are again what runs').to.deep.equal([]);
    expect((await main.ask('node.status', {})).problems).to.deep.equal([]);
  });

  it('that a killed node left in the middle is gone on with by the next one', async () => {
    const old = await pids();
    const gate = { ...gated, after: ['steady'] };
    write({ ...before, moved: gate, last: { ...sleeper(2000), after: { moved: 'started', steady: 'ready' } } });
    await main.ask('node.reload', {});
    await waitUntil('moved to be starting', async () => {
      const { state, pid } = await main.process('moved');
      return state === 'starting' && pid !== old['moved'];
    });
    expect(await refusal(main.ask('node.reload', {}))).to.include({
      code: 'CONFLICT',
      message: 'another reload is on its way: it has done 0 of 2 agents',
    });

    const { moved } = await pids();
    await main.killNode();
    writeFileSync(join(main.home, 'gate'), '');
    main.start();
    await waitUntil('moved to be adopted', async () => (await main.process('moved')).state === 'ready');
    expect(await pids()).to.deep.equal({ ...old, moved });
    expect(await main.process('moved')).to.include({ outdated: false, restarts: 0 });
    expect(await main.process('last')).to.include({ outdated: true, restarts: 0 });

    const { changes } = await main.ask('node.reload', {});
    expect(changes).to.deep.equal([{ agent: 'last', change: 'restart', fields: ['outdated'] }]);
    await rollout('done');
    expect(await main.process('last')).to.include({ outdated: false });
    expect(await pids()).to.include({ steady: old['steady'], moved, leaving: old['leaving'] });
  });
});
