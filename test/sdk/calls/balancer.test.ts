/** The choice of an instance, with dice and a clock of the test's own. */
import { expect } from 'chai';
import { Balancer, Shifts } from '../../../agents/sdk/calls/choice/balancer.js';
import { Standing } from '../../../agents/sdk/calls/choice/standing.js';
import { createStrategy } from '../../../agents/sdk/calls/choice/strategies/strategies.js';
import { breakerDefaults } from '../../../agents/sdk/calls/policies/breaker.js';
import type { CallStrategy } from '../../../common/protocol/call-policy.js';
import { Random } from '../../support/random.js';

class Choosing {
  readonly shifts = new Shifts();
  readonly balancer: Balancer<Standing>;
  readonly standings = new Map<string, Standing>();

  /** @param ranks of instances, by name; those on `main` are near. */
  constructor(strategy: CallStrategy, ranks: Readonly<Record<string, number>>, localityWeight = 3) {
    const dice = new Random(7);
    const random = () => dice.next();
    this.balancer = new Balancer(createStrategy(strategy, { localityWeight, random }), this.shifts);
    const ranked = Object.entries(ranks).map(([instance, rank]) => {
      const standing = new Standing({ instance, near: instance.endsWith('@main'), onShift: this.shifts.note });
      this.standings.set(instance, standing);
      return { standing, rank };
    });
    this.balancer.replace(ranked);
  }

  of(instance: string): Standing {
    const standing = this.standings.get(instance);
    if (standing === undefined) throw new Error(`there is no ${instance}`);
    return standing;
  }

  /** How often each is chosen; a call to `i` takes `latencyMs[i]`, and they come one after the other. */
  run(count: number, latencyMs: Readonly<Record<string, number>> = {}, startMs = 0): Record<string, number> {
    const chosen: Record<string, number> = {};
    let nowMs = startMs;
    for (let i = 0; i < count; i++) {
      const standing = this.balancer.choose(nowMs);
      if (standing === undefined) throw new Error('nobody was chosen');
      chosen[standing.instance] = (chosen[standing.instance] ?? 0) + 1;
      standing.onSent(nowMs);
      const sentMs = nowMs;
      nowMs += latencyMs[standing.instance] ?? 1;
      standing.onAnswer(sentMs, nowMs);
    }
    return chosen;
  }
}

const opened = (standing: Standing, nowMs: number) => {
  for (let i = 0; i < breakerDefaults.consecutiveFailures; i++) {
    standing.onSent(nowMs);
    standing.onFailure('silent', nowMs, nowMs);
  }
};

describe('the choice of an instance', () => {
  it('takes ready before busy, and both before out of reach', () => {
    const three = new Choosing('least-latency', { 'a@main': 2, 'b@main': 1, 'c@pc2': 0 });
    expect(three.run(50)).to.deep.equal({ 'c@pc2': 50 });
    expect(new Choosing('least-latency', { 'a@main': 2, 'b@main': 1 }).run(50)).to.deep.equal({ 'b@main': 50 });
    expect(new Choosing('least-latency', { 'a@main': 2 }).run(50)).to.deep.equal({ 'a@main': 50 });
  });

  it('prefers the own machine until it is so many times as expensive', () => {
    const of = (mainMs: number) =>
      new Choosing('least-latency', { 'a@main': 0, 'b@pc2': 0 }).run(1_000, { 'a@main': mainMs, 'b@pc2': 10 });
    expect(of(20)['a@main']).to.be.greaterThan(900);
    expect(of(40)['b@pc2']).to.be.greaterThan(900);
  });

  it('leaves the slow one to others, and looks at it again after a while', () => {
    const { 'slow@main': slow = 0 } = new Choosing('least-latency', { 'fast@main': 0, 'slow@main': 0 }).run(20_000, {
      'slow@main': 100,
    });
    expect(slow).to.be.within(1, 200);
  });

  it('leaves an instance that stands still, long before its calls run out of time', () => {
    const two = new Choosing('least-latency', { 'a@main': 0, 'b@main': 0 });
    two.run(100);
    const still = two.of('a@main');
    const sentMs = 100;
    still.onSent(sentMs);
    for (let nowMs = sentMs + 5; nowMs < 5_000; nowMs += 5) {
      const chosen = two.balancer.choose(nowMs);
      expect(chosen?.instance, `at ${nowMs} ms`).to.equal('b@main');
      chosen?.onSent(nowMs);
      chosen?.onAnswer(nowMs, nowMs + 1);
    }
  });

  it('takes who fares badly seldom, and not never', () => {
    const two = new Choosing('random', { 'a@main': 0, 'b@main': 0 });
    two.of('a@main').health = 0;
    expect(two.run(1_100)['a@main']).to.be.within(50, 170);
  });

  it('does not choose who is to be left alone, until one call may try it', () => {
    const two = new Choosing('least-latency', { 'a@main': 0, 'b@main': 0 });
    opened(two.of('a@main'), 0);
    for (let nowMs = 0; nowMs < breakerDefaults.openMs; nowMs += 10)
      expect(two.balancer.choose(nowMs)?.instance).to.equal('b@main');
    const trial = two.balancer.choose(breakerDefaults.openMs);
    expect(trial?.instance).to.equal('a@main');
    trial?.onSent(breakerDefaults.openMs);
    expect(two.balancer.choose(breakerDefaults.openMs + 1)?.instance).to.equal('b@main');
    trial?.onAnswer(breakerDefaults.openMs, breakerDefaults.openMs + 2);
    expect(Object.keys(two.run(5_000, {}, breakerDefaults.openMs + 2)).sort()).to.deep.equal(['a@main', 'b@main']);
  });

  it('answers nobody when all are to be left alone', () => {
    const one = new Choosing('least-latency', { 'a@main': 0 });
    opened(one.of('a@main'), 0);
    expect(one.balancer.choose(1)).to.equal(undefined);
    expect(one.balancer.standings.length).to.equal(1);
  });

  it('prefers a busy one to one whose connection broke, and a broken one to nobody', () => {
    const two = new Choosing('least-latency', { 'a@main': 0, 'b@main': 0, 'c@main': 1 });
    two.of('a@main').isBroken = true;
    expect(two.balancer.choose(0)?.instance).to.equal('b@main');
    two.of('b@main').isBroken = true;
    expect(['a@main', 'b@main']).to.include(two.balancer.choose(0)?.instance);
    two.of('a@main').isBroken = false;
    expect(two.balancer.choose(0)?.instance).to.equal('a@main');
  });

  it('goes to somebody else after a failure, if there is somebody', () => {
    const two = new Choosing('first', { 'a@main': 0, 'b@pc2': 1 });
    expect(two.balancer.choose(0)?.instance).to.equal('a@main');
    expect(two.balancer.choose(0, two.of('a@main'))?.instance).to.equal('b@pc2');
    const one = new Choosing('first', { 'a@main': 0 });
    expect(one.balancer.choose(0, one.of('a@main'))?.instance).to.equal('a@main');
    expect(one.balancer.hasAnother(0, one.of('a@main'))).to.equal(false);
  });

  it('costs no look at the others when there are many', () => {
    const ranks = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`a${i}@pc2`, 0]));
    const chosen = new Choosing('least-latency', ranks).run(20_000);
    expect(Object.keys(chosen).length).to.equal(500);
    expect(Math.max(...Object.values(chosen))).to.be.lessThan(200);
  });
});

describe('a strategy', () => {
  const three = { 'a@main': 0, 'b@pc2': 0, 'c@pc3': 0 };

  it('round-robin gives each its turn, those of the own machine more of them', () => {
    expect(new Choosing('round-robin', three, 1).run(300)).to.deep.equal({ 'a@main': 100, 'b@pc2': 100, 'c@pc3': 100 });
    expect(new Choosing('round-robin', three, 3).run(500)).to.deep.equal({ 'a@main': 300, 'b@pc2': 100, 'c@pc3': 100 });
  });

  it('round-robin spreads the turns of one among those of the others', () => {
    const choosing = new Choosing('round-robin', three, 2);
    const turns = Array.from({ length: 8 }, () => choosing.balancer.choose(0)?.instance[0]).join('');
    expect(turns).to.equal('abcaabca');
  });

  it('random takes each as often as it is worth', () => {
    const chosen = new Choosing('random', three, 2).run(4_000);
    expect(chosen['a@main']).to.be.within(1_800, 2_200);
    expect(chosen['b@pc2']).to.be.within(850, 1_150);
  });

  it('least-in-flight takes who has least to do', () => {
    const choosing = new Choosing('least-in-flight', three, 1);
    for (let i = 0; i < 300; i++) choosing.balancer.choose(0)?.onSent(0);
    expect([...choosing.standings.values()].map(({ load }) => load.inFlight)).to.deep.equal([100, 100, 100]);
  });

  it('least-in-flight counts open streams', () => {
    const choosing = new Choosing('least-in-flight', { 'a@main': 0, 'b@main': 0 });
    choosing.of('a@main').onStreamOpened(0);
    expect(choosing.run(20)).to.deep.equal({ 'b@main': 20 });
    choosing.of('a@main').onStreamEnded('well', 0, 0);
    expect(choosing.of('a@main').load.inFlight).to.equal(0);
  });

  it('first takes the first of the own machine, and the next when it is left alone', () => {
    const choosing = new Choosing('first', { 'a@pc2': 0, 'b@main': 0, 'c@main': 0 });
    expect(choosing.run(10)).to.deep.equal({ 'b@main': 10 });
    opened(choosing.of('b@main'), 10);
    expect(choosing.balancer.choose(11)?.instance).to.equal('c@main');
  });

  it('sends a key always to the same instance, from wherever, and only the keys of one that goes elsewhere', () => {
    const names = ['a@main', 'b@main', 'c@pc2', 'd@pc3'];
    const all = new Choosing('least-latency', Object.fromEntries(names.map((name, i) => [name, i % 2])));
    const without = new Choosing('random', Object.fromEntries(names.slice(0, 3).map((name) => [name, 0])));
    const counts: Record<string, number> = {};
    for (let i = 0; i < 4_000; i++) {
      const one = all.balancer.chooseFor(`key ${i}`, 0)?.instance ?? '';
      counts[one] = (counts[one] ?? 0) + 1;
      const other = without.balancer.chooseFor(`key ${i}`, 0)?.instance;
      if (one !== 'd@pc3') expect(other).to.equal(one);
    }
    for (const name of names) expect(counts[name], name).to.be.within(850, 1_150);
  });
});
