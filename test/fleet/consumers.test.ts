/** Agents on both machines consume what both machines emit, over a link that fails; and people look after their groups. */
import { expect } from 'chai';
import type { GroupStateBody } from '../../common/protocol/catalogue.js';
import { ERRORS_STREAM } from '../../common/protocol/errors/error-report.js';
import { errorOf, runMesh } from '../cli/mesh-process.js';
import { fixture, useFleet } from '../support/fleet/test-fleet.js';
import type { TestMachine } from '../support/fleet/test-machine.js';
import { waitFor, waitUntil } from '../support/wait-for.js';

interface Billed {
  readonly ids: readonly number[];
  readonly figures: Readonly<Record<string, number>>;
}

describe('consumers in a fleet', () => {
  const fleet = useFleet({ main: { clerk: fixture('clerk') }, pc2: { clerk: fixture('clerk') } });
  let orderCount = 0;
  afterEach(() => fleet().link.restore());

  const billedBy = async (machine: TestMachine) => (await machine.call(`clerk@${machine.name}.billed`)) as Billed;

  async function emit(machine: TestMachine, count: number, body: unknown = { amount: 1 }): Promise<void> {
    const mesh = await machine.mesh();
    for (let i = 0; i < count; i++) await mesh.emit('orders', body);
    orderCount += count;
  }

  const mesh = (...args: string[]) => runMesh([...args, '--mesh', fleet().main.home]);

  async function group(): Promise<GroupStateBody> {
    const [state] = (await (await fleet().main.mesh()).request('log', 'group.list', {})).groups;
    if (state === undefined) throw new Error('there is no group');
    return state;
  }

  /** Every order was billed by somebody, and which ones were billed twice. */
  async function settle(): Promise<{ billed: number[]; ofPc2: number }> {
    const { main, pc2 } = fleet();
    return waitFor('every order to be settled', async () => {
      const [one, two] = await Promise.all([billedBy(main), billedBy(pc2)]);
      const billed = [...one.ids, ...two.ids];
      const isDone = billed.length >= orderCount && one.figures['inHand'] === 0 && two.figures['inHand'] === 0;
      return isDone ? { billed, ofPc2: two.ids.length } : undefined;
    });
  }

  it('on both machines share what both machines emit', async () => {
    const { main, pc2 } = fleet();
    await waitUntil('both clerks to be members', async () => (await group()).members.length === 2);
    await Promise.all([emit(main, 40), emit(pc2, 40)]);
    const { billed } = await settle();
    expect(new Set(billed).size).to.equal(80);
    expect(billed).to.have.length(80);
  });

  it('go on when the link is back, and find what was emitted meanwhile', async () => {
    const { main, pc2, link } = fleet();
    link.cut();
    await Promise.all([emit(main, 10), emit(pc2, 10)]);
    link.restore();
    const { billed } = await settle();
    expect(new Set(billed).size).to.equal(100);
    await waitUntil('main to have their word', async () => (await group()).pending === 0);
    expect(await group()).to.include({ dead: 0 });
  });

  it('leave dead letters that are listed, replayed and dropped by name', async () => {
    const { main } = fleet();
    await emit(main, 2, { isBad: true });
    orderCount -= 2;
    await waitUntil('both to be dead letters', async () => (await group()).dead === 2);
    const groups = await mesh('stream', 'groups', '--json');
    expect(JSON.parse(groups.stdout)).to.have.nested.property('[0].dead', 2);
    const listed = await mesh('stream', 'dead', 'ls', 'billing', '--json');
    const letters = JSON.parse(listed.stdout) as Record<string, unknown>[];
    expect(letters.map(({ group, deliveries, message, body }) => ({ group, deliveries, message, body }))).to.deep.equal(
      [1, 2].map(() => ({ group: 'billing', deliveries: 2, message: 'no such customer', body: { isBad: true } })),
    );
    const dry = await mesh('stream', 'dead', 'replay', 'billing', '--all', '--dry-run');
    expect(dry.stdout).to.equal('2 dead letters of billing would be tried again\n');
    const [first] = letters;
    const replayed = await mesh('stream', 'dead', 'replay', 'billing', String(first?.['id']));
    expect(replayed.stdout, replayed.stderr).to.equal('1 dead letter of billing tried again\n');
    await waitUntil('it to fail again', async () => {
      const { letters: left } = await (await main.mesh()).request('log', 'group.dead', { group: 'billing' });
      return left[0]?.deliveries === 4 && !left[0].replayed;
    });
    expect((await mesh('stream', 'dead', 'drop', 'billing', '--all')).stdout).to.include('2 dead letters');
    expect((await group()).dead).to.equal(0);
    await waitUntil('the dead letters to be told on the error bus', async () => {
      const { records } = await (await main.mesh()).request('log', 'log.read', { stream: ERRORS_STREAM, last: 20 });
      return records.length >= 2;
    });
  });

  it('are asked for by names, of which the nearest is told', async () => {
    const [typo, choice, busy] = await Promise.all([
      mesh('stream', 'dead', 'ls', 'biling', '--json'),
      mesh('stream', 'dead', 'drop', 'billing', '--json'),
      mesh('stream', 'group', 'rm', 'billing', '--json'),
    ]);
    expect([typo.code, choice.code, busy.code]).to.deep.equal([3, 2, 6]);
    expect(errorOf(typo)).to.have.nested.property('details.didYouMean', 'billing');
    expect(errorOf(choice).hint).to.include('--all');
    expect(errorOf(busy).message).to.include('has 2 members');
  });

  it('leave their group when their agent is stopped, with nothing in their hands', async () => {
    const { main } = fleet();
    const stopped = await mesh('stop', 'clerk');
    expect(stopped.code, stopped.stderr).to.equal(0);
    expect((await group()).members).to.deep.equal([]);
    await emit(main, 3);
    await waitUntil('the orders to be on main', async () => (await group()).pending === 3);
    expect((await mesh('start', 'clerk')).code).to.equal(0);
    await waitUntil('them to be billed', async () => (await group()).pending === 0);
  });
});
