import { expect } from 'chai';
import { limits } from '../../../common/core/limits.js';
import { isFurther, MACHINE } from '../../../common/journal/folds/fold-book.js';
import { Random } from '../../support/random.js';
import { FoldWorld } from './fold-world.js';

const { foldBurst, foldRefillMs, foldIntervalMsMax } = limits;

/** One report each `everyMs`, for so long. */
function flood(world: FoldWorld, everyMs: number, lastsMs: number, kind = 'a'): number {
  const endMs = world.nowMs + lastsMs;
  let count = 0;
  for (; world.nowMs < endMs; world.pass(everyMs), count++) world.report({ kind });
  return count;
}

describe('Reports of one kind', () => {
  it('are all told one by one while they come seldom', () => {
    const world = new FoldWorld();
    flood(world, foldRefillMs, 100 * foldRefillMs);
    expect(world.told)
      .to.have.length(100)
      .and.to.satisfy((told: FoldWorld['told']) => told.every((one) => !one.isSummary));
  });

  it('are counted in a flood, and the count is told after 1, 2, 4 … seconds, then twice a minute', () => {
    const world = new FoldWorld();
    const startMs = world.nowMs;
    const count = flood(world, 10, 120_000);
    expect(world.told.slice(0, foldBurst).every((one) => !one.isSummary && one.count === 1)).to.equal(true);
    const summaries = world.told.slice(foldBurst);
    const atSeconds = summaries.map(({ atMs }) => Math.round((atMs - startMs) / 1_000));
    expect(atSeconds).to.deep.equal([1, 3, 7, 15, 31, 61, 91]);
    expect(summaries.every((one) => one.isSummary)).to.equal(true);
    world.pass(foldIntervalMsMax);
    expect(world.toldCount).to.equal(count);
  });

  it('are told one by one again after a time in which none came, and forgotten when the bucket is full', () => {
    const world = new FoldWorld();
    flood(world, 10, 2_000);
    world.pass(1_000 + 2_000 + 4_000);
    expect(world.kind('a')?.step).to.equal(0);
    world.pass(foldRefillMs);
    expect(world.report({ kind: 'a' }).isTold).to.equal(true);
    world.pass((foldBurst + 1) * foldRefillMs);
    expect(world.kinds.size).to.equal(0);
  });

  it('count for as many as they stand for', () => {
    const world = new FoldWorld();
    for (let i = 0; i < 10; i++) world.report({ kind: 'a', count: 1_000 });
    world.pass(60_000);
    expect(world.toldCount).to.equal(10_000);
  });

  it('share one bucket among agents, and keep their counts apart', () => {
    const world = new FoldWorld();
    for (let i = 0; i < 22 * 100; i++) world.report({ kind: 'a', agent: `agent-${i % 22}` });
    world.pass(60_000);
    expect(world.told.filter((one) => !one.isSummary)).to.have.length(foldBurst);
    const summaries = world.told.filter((one) => one.isSummary);
    expect(new Set(summaries.map(({ atMs }) => atMs)).size).to.equal(1);
    expect(summaries).to.have.length(22);
    expect(world.toldCount).to.equal(22 * 100);
  });
});

describe('Reports of kinds without end', () => {
  it('take bounded room, and are all counted', () => {
    const world = new FoldWorld();
    for (let i = 0; i < 20_000; i++) {
      world.report({ kind: `kind-${i}`, agent: `agent-${i % 5_000}` });
      if (i % 1_000 === 0) world.pass(100);
    }
    expect(world.kinds.size).to.be.at.most(limits.foldKindsMax + limits.foldMachineKindsMax);
    expect(world.folds.size).to.be.at.most(limits.foldKindsMax + limits.foldReserve + 4);
    expect(world.toldCount + world.heldCount).to.equal(20_000);
    world.pass(120_000);
    expect(world.toldCount).to.equal(20_000);
    expect(world.kinds.size).to.equal(0);
  });

  it('of one agent leave room for those of others, and for what the machine has to tell', () => {
    const world = new FoldWorld();
    for (let i = 0; i < 10_000; i++) world.report({ kind: `kind-${i}`, agent: 'noisy' });
    expect(isFurther(world.report({ kind: 'new', agent: 'noisy' }).kind)).to.equal(true);
    expect(world.report({ kind: 'other', agent: 'quiet' })).to.deep.equal({ kind: 'other', isTold: true });
    expect(world.report({ kind: 'death', agent: 'noisy', account: MACHINE })).to.deep.equal({
      kind: 'death',
      isTold: true,
    });
  });

  it('keep their severity when they are counted together', () => {
    const world = new FoldWorld();
    for (let i = 0; i < 1_000; i++)
      world.report({ kind: `kind-${i}`, severity: i % 100 === 0 ? 'critical' : 'warning' });
    const together = new Set([...world.folds.values()].map(({ kind }) => kind));
    expect([...together]).to.have.members(['further/critical', 'further/warning']);
  });
});

describe('The counts of whatever is told', () => {
  it('are those of whatever was reported, in any order of reports, pauses and looks', () => {
    const seed = Number(process.env['FC_SEED'] ?? 20_261_121);
    const random = new Random(seed);
    for (let run = 0; run < 20; run++) {
      const world = new FoldWorld();
      const reported = new Map<string, number>();
      for (let step = 0; step < 2_000; step++) {
        const agent = `agent-${random.between(1, 4)}`;
        const kind = `kind-${random.between(1, random.pick([2, 20, 5_000]))}`;
        const count = random.pick([1, 1, 1, 7, 1_000]);
        world.report({ kind, agent, count });
        reported.set(agent, (reported.get(agent) ?? 0) + count);
        if (random.next() < 0.2) world.pass(random.pick([1, 200, 3_000, 40_000]));
        if (random.next() < 0.05) world.tell(random.between(1, 20));
      }
      world.pass(600_000);
      for (const [agent, count] of reported) {
        const told = world.told.filter((one) => one.agent === agent).reduce((sum, one) => sum + one.count, 0);
        expect(told, `seed ${seed}, run ${run}, ${agent}`).to.equal(count);
      }
      expect(world.heldCount + world.kinds.size, `seed ${seed}, run ${run}`).to.equal(0);
    }
  });
});
