/** What the mesh survives, each fault once: the short form of `npm run chaos`. One fleet for all of them. */
import { expect } from 'chai';
import { allFaults } from '../support/faults/all-faults.js';
import { FaultWorld } from '../support/fleet/fault-world.js';
import { findingLine } from '../support/oracle/figures.js';
import { Random } from '../support/random.js';

/** Most of their time is a wait, and they are done to different agents: so they are done together. */
const waiting = ['stop-agents', 'block-loops'];
const rounds = [
  ...allFaults.filter(({ name }) => !waiting.includes(name)).map((fault) => [fault]),
  allFaults.filter(({ name }) => waiting.includes(name)),
];

const seed = Number(process.env['CHAOS_SEED'] ?? 1);

describe(`a fleet at work survives (CHAOS_SEED=${seed})`, function () {
  this.timeout(120_000);
  let world: FaultWorld;
  const random = new Random(seed);

  before(async () => {
    world = await FaultWorld.open({ workerCount: 2, perSecond: 20 });
  });

  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(world.fleet.outputs);
  });

  after(() => world?.close());

  const told = new Set<string>();
  /** Since the last question. What only a box that does nothing else can keep is for the long form. */
  const broken = () => {
    const all = world.figures.findings.filter(({ measure, holds }) => !holds && measure.isTight !== true);
    const news = all.filter(({ measure, figure }) => !told.has(`${measure.what} ${figure}`));
    for (const { measure, figure } of news) told.add(`${measure.what} ${figure}`);
    return news.map(findingLine);
  };

  for (const faults of rounds) {
    it(faults.map(({ name, what }) => `${name}: ${what}`).join('; '), async () => {
      await Promise.all(faults.map(({ round }) => round(world, random, false)));
      expect(broken()).to.deep.equal([]);
    });
  }

  it('with every turn of every worker on main once and in order, nobody doubled, and nothing left behind', async () => {
    await world.judge();
    await world.close();
    expect(broken()).to.deep.equal([]);
  });
});
