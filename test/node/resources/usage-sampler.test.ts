import { type ChildProcess, spawn } from 'node:child_process';
import { expect } from 'chai';
import { NO_USAGE } from '../../../agents/node/resources/usage-history.js';
import { kernelUnits } from '../../../agents/node/resources/usage-reading.js';
import { UsageSampler, type Watched } from '../../../agents/node/resources/usage-sampler.js';
import { limits } from '../../../common/core/limits.js';
import { processLoad } from '../../../common/core/process-scan.js';
import { waitUntil } from '../../support/wait-for.js';

/** A system that tells nothing. */
const NO_PROC = { units: undefined };
/** For half a second of work on a box that has other work too. */
const LONG_MS = 180_000;

describe('the usage sampler', () => {
  const children: ChildProcess[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });
  function run(...[program = '', ...argv]: string[]): number {
    const child = spawn(program, argv, { stdio: 'ignore' });
    children.push(child);
    return child.pid ?? 0;
  }
  const watched = (name: string, pid: number, rest: Partial<Watched> = {}): Watched => ({
    name,
    pid,
    loopLagMs: null,
    isLimited: false,
    ...rest,
  });

  function samplerOf(initial: readonly Watched[], { units } = { units: kernelUnits() }) {
    const world = { nowMs: 1_000_000, watched: initial, looks: [] as string[][] };
    const sampler = new UsageSampler({
      processes: () => world.watched,
      onLook: (usage) => world.looks.push([...usage.keys()]),
      clock: { monotonicMs: () => world.nowMs, wallMs: () => world.nowMs },
      units,
    });
    const lookIn = (ms: number) => {
      world.nowMs += ms;
      sampler.look();
    };
    return { sampler, world, lookIn };
  }

  it('tells a process that works from one that sleeps, by the time between two looks', async function () {
    if (kernelUnits() === undefined) this.skip();
    this.timeout(LONG_MS);
    const busy = run('/bin/sh', '-c', 'while :; do :; done');
    const idle = run('sleep', '60');
    const { sampler, lookIn } = samplerOf([watched('busy', busy), watched('idle', idle)]);
    lookIn(0);
    expect(sampler.latest('busy', busy)).to.include({ cpuPercent: null });
    expect(sampler.latest('busy', busy).rssBytes).to.be.above(0);
    const before = processLoad(busy)?.cpuTicks ?? 0;
    await waitUntil('half a second of work', () => (processLoad(busy)?.cpuTicks ?? 0) >= before + 50, LONG_MS);
    lookIn(limits.usageIntervalMs);
    // At least half a second of work in what the clock says are five.
    expect(sampler.latest('busy', busy).cpuPercent).to.be.at.least(10);
    expect(sampler.latest('idle', idle).cpuPercent).to.be.below(1);
  });

  it('begins anew with the next incarnation, and keeps the history of the last', () => {
    const { sampler, world, lookIn } = samplerOf([watched('a', run('sleep', '60'))]);
    lookIn(0);
    world.watched = [watched('a', 0)];
    lookIn(limits.usageIntervalMs);
    const next = run('sleep', '60');
    world.watched = [watched('a', next)];
    expect(sampler.latest('a', next)).to.deep.equal(NO_USAGE);
    lookIn(limits.usageIntervalMs);
    const [row] = sampler.answer({ agent: 'a' });
    expect(row?.rssBytes.map((bytes) => bytes !== null)).to.deep.equal([true, false, true]);
    expect(sampler.latest('a', next)).to.include({ cpuPercent: null });
    expect(sampler.latest('a', next).rssBytes).to.be.a('number');
  });

  it('looks at everybody now and then, and in between only for the sake of limits', () => {
    const pid = run('sleep', '60');
    const { world, lookIn } = samplerOf([watched('a', pid), watched('gone', 0, { isLimited: true })]);
    for (let step = 0; step < 10; step++) lookIn(limits.limitIntervalMs);
    expect(world.looks).to.deep.equal([['a'], ['a']]);
    world.watched = [watched('a', pid, { isLimited: true })];
    for (let step = 0; step < 5; step++) lookIn(limits.limitIntervalMs);
    expect(world.looks).to.have.length(7);
  });

  it('has a gap for the looks that it was kept from', () => {
    const { sampler, lookIn } = samplerOf([watched('a', run('sleep', '60'))]);
    lookIn(0);
    lookIn(3.2 * limits.usageIntervalMs);
    expect(sampler.answer({ agent: 'a' })[0]?.rssBytes.map((bytes) => bytes !== null)).to.deep.equal([
      true,
      false,
      false,
      true,
    ]);
  });

  it('answers for all in points that a frame can carry, and forgets who is no longer there', () => {
    const { sampler, world, lookIn } = samplerOf([watched('a', 0), watched('b', 0)], NO_PROC);
    for (let step = 0; step < 13; step++) lookIn(limits.usageIntervalMs);
    const [row] = sampler.answer({});
    expect(row).to.include({ agent: 'a', intervalMs: 6 * limits.usageIntervalMs, lastMs: world.nowMs });
    expect(row?.cpuPercent).to.have.length(3);
    expect(sampler.answer({ agent: 'b', points: 60 })[0]?.intervalMs).to.equal(12 * limits.usageIntervalMs);
    expect(sampler.answer({ agent: 'c' })).to.deep.equal([]);
    world.watched = [watched('b', 0)];
    lookIn(limits.usageIntervalMs);
    expect(sampler.answer({}).map(({ agent }) => agent)).to.deep.equal(['b']);
  });

  it('has no figure where the system tells none, and never a wrong one', () => {
    const { sampler, world, lookIn } = samplerOf(
      [watched('a', process.pid, { loopLagMs: 3, isLimited: true })],
      NO_PROC,
    );
    lookIn(0);
    expect(sampler.answer({ agent: 'a' })[0]).to.deep.include({ cpuPercent: [null], rssBytes: [null], loopLagMs: [3] });
    expect(sampler.latest('a', process.pid)).to.deep.equal(NO_USAGE);
    expect(world.looks).to.deep.equal([[]]);
  });
});
