/**
 * The reference fleet of two machines and 74 agents, as a user runs it: up with one command, its nodes killed, down with
 * another. Nothing runs twice, nothing is started again that need not be, and nothing is left.
 */
import { expect } from 'chai';
import { type ListedAgent, ReferenceFleet } from '../support/fleet/reference-fleet.js';
import { IncarnationWatch } from '../support/processes/incarnation-watch.js';
import { waitFor, waitUntil } from '../support/wait-for.js';

const UP_MS = 120_000;
/** What is promised of a machine whose node was killed. */
const ADOPTED_MS = 10_000;

describe('the reference fleet', function () {
  this.timeout(UP_MS);
  let fleet: ReferenceFleet;
  let watch: IncarnationWatch;
  let first: readonly ListedAgent[] = [];

  before(async () => {
    fleet = await ReferenceFleet.create();
    watch = new IncarnationWatch(fleet.tokens);
  });

  after(() => {
    watch?.close();
    fleet?.close();
  });

  it('is up with one command: 52 agents of main and 22 of pc2 are ready', async () => {
    const { code, stderr } = await fleet.mesh('up', '--all', '--detach');
    expect(code, stderr).to.equal(0);
    first = await fleet.ps();
    const ready = (machine: string) => first.filter((row) => row.machine === machine && row.state === 'ready').length;
    expect([ready('main'), ready('pc2')]).to.deep.equal([52, 22]);
    const jobs = (await fleet.ps('-a')).filter(({ state }) => state === 'completed').map(({ instance }) => instance);
    expect(jobs).to.deep.equal(['prepare@main', 'prepare@pc2']);
  });

  it('has all of them again within ten seconds after both nodes were killed, none of them started anew', async () => {
    const killed = fleet.nodes();
    expect(killed).to.have.length(2);
    for (const { pid } of killed) process.kill(pid, 'SIGKILL');
    const killedMs = performance.now();
    const asBefore = (rows: readonly ListedAgent[]) =>
      rows.map(({ instance, state, pid, restarts }) => ({ instance, state, pid, restarts }));
    await waitFor(
      'both nodes to have their agents again',
      async () => {
        const alive = fleet.nodes();
        if (alive.length < 2 || alive.some(({ pid }) => killed.some((gone) => gone.pid === pid))) return undefined;
        expect(asBefore(await fleet.ps())).to.deep.equal(asBefore(first));
        return true;
      },
      ADOPTED_MS,
    );
    console.log(`      after ${Math.round(performance.now() - killedMs)} ms`);
    expect(
      await waitFor('the nodes to be ready', async () => (await fleet.mesh('status')).code === 0 || undefined),
    ).to.equal(true);
  });

  it('is down with one command: no process is left', async () => {
    const { code, stderr } = await fleet.mesh('down', '--all');
    expect(code, stderr).to.equal(0);
    await waitUntil('nobody to be left', () => fleet.residents().length === 0, 2_000);
  });

  it('had no agent twice at any moment', () => {
    expect([...watch.doubles]).to.deep.equal([]);
    expect(watch.samples).to.be.greaterThan(30);
  });
});
