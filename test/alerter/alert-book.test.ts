/** What of all that an alerter hears is told, and when: scene by scene, on a clock of its own. */
import { expect } from 'chai';
import { AlertBook, emptyMemory } from '../../agents/alerter/alert-book.js';
import type { Trouble, Unseen } from '../../agents/alerter/alert-events.js';
import { limits } from '../../common/core/limits.js';
import type { AlertRule } from '../../common/protocol/alert-rule.js';
import { errorAt, gone, MINUTE, ruleOf, standing } from './alert-world.js';

const START = 1_000_000_000;

class Scene {
  nowMs = START;
  book: AlertBook;

  constructor(private readonly rules: readonly AlertRule[]) {
    this.book = new AlertBook(rules, emptyMemory(START));
  }

  /** What is told when so much time has passed. */
  after(ms: number): string[] {
    this.nowMs += ms;
    return this.told();
  }

  told(): string[] {
    return this.book.due(this.nowMs).map(({ state, text }) => `${state}: ${text}`);
  }

  error(rest: Parameters<typeof errorAt>[1] = {}): string[] {
    this.book.onError(errorAt(this.nowMs, rest), this.nowMs);
    return this.told();
  }

  standing(...args: Parameters<typeof standing>): string[] {
    this.book.onStanding(standing(...args), this.nowMs);
    return this.told();
  }

  sight(...troubles: Trouble[]): string[] {
    return this.sightBut([], ...troubles);
  }

  /** Nothing is known of some. */
  sightBut(unseen: readonly Unseen[], ...troubles: Trouble[]): string[] {
    const kinds = ['machine-unreachable', 'quarantine', 'journal-degraded'] as const;
    this.book.onSight({ kinds, troubles, unseen }, this.nowMs);
    return this.told();
  }

  /** Killed, and begun again with what was stored. */
  reborn(): void {
    this.book = new AlertBook(this.rules, structuredClone(this.book.memory));
  }
}

const severe = ruleOf({ kind: 'severity', atLeast: 'error' });

describe('an alert', () => {
  it('of a new group is told with its first error, and again only with what came since', () => {
    const scene = new Scene([ruleOf({ kind: 'new-group' })]);
    expect(scene.error({ isFirst: false })).to.deep.equal([]);
    expect(scene.error({ isFirst: true })).to.deep.equal(['firing: rule: BROKEN in echo@pc2: it broke']);
    expect(scene.error()).to.deep.equal([]);
    expect(scene.error({ count: 1_999 })).to.deep.equal([]);
    scene.nowMs += 14 * MINUTE;
    scene.error();
    expect(scene.after(MINUTE)).to.deep.equal([
      'still-firing: rule, still: BROKEN in echo@pc2: it broke (2,001 more, 2,002 in 15 min)',
    ]);
    expect(scene.after(9 * MINUTE)).to.deep.equal([
      'recovered: rule, over: BROKEN in echo@pc2: it broke (quiet for 10 min, 2,002 in all)',
    ]);
    expect(scene.after(60 * MINUTE)).to.deep.equal([]);
    expect(scene.book.memory.entries).to.deep.equal([]);
  });

  it('of a million identical errors in a minute is one, and says how many when they are over', () => {
    const scene = new Scene([ruleOf({ kind: 'new-group' })]);
    const told = scene.error({ isFirst: true });
    for (let at = 0; at < 60; at++)
      told.push(...scene.error({ count: at === 0 ? 999_999 - 59 * 16_000 : 16_000 }), ...scene.after(1_000));
    expect(told).to.deep.equal(['firing: rule: BROKEN in echo@pc2: it broke']);
    expect(scene.after(10 * MINUTE)).to.deep.equal([
      'recovered: rule, over: BROKEN in echo@pc2: it broke (quiet for 10 min, 999,999 more, 1,000,000 in all)',
    ]);
  });

  it('of a regression is told when the group regresses, and is over when it is resolved', () => {
    const scene = new Scene([ruleOf({ kind: 'regression' })]);
    expect(scene.error()).to.deep.equal([]);
    expect(scene.standing('regressed', { by: 'mesh' })).to.deep.equal(['firing: rule: BROKEN in echo@pc2: it broke']);
    expect(scene.error({ count: 3 })).to.deep.equal([]);
    expect(scene.standing('resolved')).to.deep.equal([
      'recovered: rule, over: BROKEN in echo@pc2: it broke (resolved by anna, 3 more, 4 in all)',
    ]);
  });

  it('of a rate is told when so many fall into the window, by the time at which they happened', () => {
    const scene = new Scene([ruleOf({ kind: 'rate', count: 10, windowMs: MINUTE }, { quietMs: MINUTE })]);
    expect(scene.error({ count: 9 })).to.deep.equal([]);
    expect(scene.after(MINUTE)).to.deep.equal([]);
    expect(scene.error({ count: 9 })).to.deep.equal([]);
    expect(scene.error()).to.deep.equal(['firing: rule: BROKEN in echo@pc2: it broke (10 times)']);
    scene.error({ count: 5 });
    expect(scene.after(MINUTE)).to.deep.equal([
      'recovered: rule, over: BROKEN in echo@pc2: it broke (quiet for 60 s, 5 more, 15 in all)',
    ]);
  });

  it('of a rate is not told of a backlog that took an hour to happen', () => {
    const scene = new Scene([ruleOf({ kind: 'rate', count: 10, windowMs: MINUTE })]);
    for (let at = 59; at >= 0; at--) {
      const atMs = scene.nowMs - at * MINUTE;
      expect(scene.error({ count: 5, firstMs: atMs - MINUTE, lastMs: atMs })).to.deep.equal([]);
    }
    const firstMs = scene.nowMs - 60 * MINUTE;
    expect(scene.error({ fingerprint: 'm2-b', count: 500, firstMs })).to.deep.equal([]);
    expect(scene.error({ fingerprint: 'm2-c', count: 700, firstMs })).to.have.length(1);
  });

  it('of a severity is told of what is so bad or worse, for each group', () => {
    const scene = new Scene([severe]);
    expect(scene.error({ severity: 'warning' })).to.deep.equal([]);
    expect(scene.error({ severity: 'critical' })).to.have.length(1);
    expect(scene.error({ fingerprint: 'm2-b' })).to.have.length(1);
  });

  it('is only told of what the rule matches', () => {
    const match = { machine: 'pc*', agent: 'echo', component: 'agent', code: 'B*', severity: 'error' } as const;
    const scene = new Scene([{ ...severe, match }]);
    const others = [
      { machine: 'main' },
      { agent: 'echo2' },
      { component: 'x' },
      { code: 'AB' },
      { severity: 'info' },
    ] as const;
    for (const other of others) expect(scene.error(other), JSON.stringify(other)).to.deep.equal([]);
    expect(scene.error()).to.have.length(1);
  });

  it('is not told of a muted group, and one that is muted meanwhile is over', () => {
    const scene = new Scene([severe]);
    expect(scene.error({ isMuted: true })).to.deep.equal([]);
    expect(scene.error({ fingerprint: 'm2-b' })).to.have.length(1);
    expect(scene.standing('muted', { fingerprint: 'm2-b' })).to.deep.equal([
      'recovered: rule, over: BROKEN in echo@pc2: it broke (muted by anna)',
    ]);
    expect(scene.after(60 * MINUTE)).to.deep.equal([]);
  });

  it('of a machine is told when it was out of reach for so long, and when it is back', () => {
    const scene = new Scene([ruleOf({ kind: 'machine-unreachable', forMs: 30_000 }, { match: { machine: 'pc2' } })]);
    const since = scene.nowMs;
    expect(scene.sight(gone(since), gone(since, 'pc3'))).to.deep.equal([]);
    scene.nowMs += 30_000;
    expect(scene.sight(gone(since), gone(since, 'pc3'))).to.deep.equal(['firing: rule: pc2 is out of reach']);
    scene.nowMs += 2 * MINUTE;
    expect(scene.sight(gone(since))).to.deep.equal([]);
    scene.nowMs += 30_000;
    expect(scene.sight()).to.deep.equal(['recovered: rule, over: pc2 is out of reach (after 3 min)']);
  });

  it('of a machine that flaps is told once in the throttle, with how often', () => {
    const scene = new Scene([ruleOf({ kind: 'machine-unreachable', forMs: 1 })]);
    const told: string[] = [];
    for (let at = 0; at < 14; at++) {
      told.push(...scene.sight(gone(scene.nowMs - 1_000)));
      scene.nowMs += 30_000;
      told.push(...scene.sight());
      scene.nowMs += 30_000;
    }
    expect(told).to.deep.equal([
      'firing: rule: pc2 is out of reach',
      'recovered: rule, over: pc2 is out of reach (after 31 s)',
    ]);
    expect(scene.after(2 * MINUTE)).to.deep.equal(['passed: rule, over already: pc2 is out of reach (13 times)']);
  });

  it('of a machine is not over because nobody knows any more since when it is away', () => {
    const scene = new Scene([ruleOf({ kind: 'machine-unreachable', forMs: 30_000 })]);
    scene.nowMs += MINUTE;
    expect(scene.sight(gone(scene.nowMs - 30_000))).to.deep.equal(['firing: rule: pc2 is out of reach']);
    scene.reborn();
    expect(scene.sight(gone(scene.nowMs))).to.deep.equal([]);
    expect(scene.sight()).to.deep.equal(['recovered: rule, over: pc2 is out of reach (after 30 s)']);
  });

  it('of a journal is over when that says so, and not because nobody could ask', () => {
    const scene = new Scene([ruleOf({ kind: 'journal-degraded' })]);
    const degraded: Trouble = { ...gone(scene.nowMs), kind: 'journal-degraded', title: 'the journal of pc2 is full' };
    expect(scene.sight(degraded)).to.have.length(1);
    scene.reborn();
    expect(scene.sightBut([{ kind: 'journal-degraded', machine: 'pc2', subject: 'pc2' }])).to.deep.equal([]);
    expect(scene.sightBut([{ kind: 'quarantine', machine: 'pc2' }])).to.have.length(1);
  });

  it('says nothing of the kinds that nobody could look at', () => {
    const scene = new Scene([ruleOf({ kind: 'journal-degraded' })]);
    scene.sight({ ...gone(scene.nowMs), kind: 'journal-degraded', title: 'the journal of pc2 takes no records' });
    scene.book.onSight({ kinds: ['quarantine'], troubles: [], unseen: [] }, scene.nowMs);
    expect(scene.told()).to.deep.equal([]);
    expect(scene.sight()).to.have.length(1);
  });

  it('without recovery says what it held back when the throttle is over', () => {
    const scene = new Scene([{ ...severe, recovery: false }]);
    scene.error();
    scene.error({ count: 7 });
    expect(scene.after(10 * MINUTE)).to.deep.equal([]);
    expect(scene.after(5 * MINUTE)).to.deep.equal([
      'passed: rule, over already: BROKEN in echo@pc2: it broke (7 times)',
    ]);
    expect(scene.after(15 * MINUTE)).to.deep.equal([]);
    expect(scene.book.memory.entries).to.deep.equal([]);
  });

  it('of many groups at once is a few notices and one for the rest, and so are their recoveries', () => {
    const scene = new Scene([severe]);
    for (let at = 0; at < 100; at++) scene.book.onError(errorAt(scene.nowMs, { fingerprint: `m2-${at}` }), scene.nowMs);
    const told = scene.told();
    expect(told).to.have.length(limits.alertBurst - 1);
    expect(told.at(-1)).to.match(/^firing: rule: 94 more: BROKEN .*; and 91 further$/);
    const over = scene.after(10 * MINUTE);
    expect(over).to.have.length(limits.alertBurst - 1);
    expect(over.at(-1)).to.match(/^recovered: rule, over: 94 more: /);
  });

  it('of more groups than there is room for counts the rest together, and keeps every count', () => {
    const scene = new Scene([severe]);
    const groups = limits.alertEntriesMax + 50;
    for (let at = 0; at < groups; at++)
      scene.book.onError(errorAt(scene.nowMs, { fingerprint: `m2-${at}`, count: 3 }), scene.nowMs);
    expect(scene.book.memory.entries.length).to.equal(limits.alertEntriesMax + 1);
    const counted = scene.book.due(scene.nowMs).reduce((sum, { count }) => sum + count, 0);
    expect(counted).to.equal(groups * 3);
  });

  it('goes on after a kill where it was, and counts a record that comes again once', () => {
    const scene = new Scene([severe]);
    const seen = errorAt(scene.nowMs);
    scene.book.onError(seen, scene.nowMs);
    expect(scene.told()).to.have.length(1);
    scene.reborn();
    expect(scene.book.onError(seen, scene.nowMs)).to.equal(false);
    expect(scene.after(15 * MINUTE)).to.deep.equal([
      'recovered: rule, over: BROKEN in echo@pc2: it broke (quiet for 10 min)',
    ]);
  });

  it('is not held back for longer by a clock that was set back', () => {
    const scene = new Scene([severe]);
    scene.error();
    scene.nowMs -= 60 * MINUTE;
    expect(scene.error({ count: 2 })).to.deep.equal([]);
    scene.nowMs += 14 * MINUTE;
    scene.error();
    expect(scene.after(MINUTE)).to.have.length(1);
  });

  it('of a rate counts on when a clock that was ahead is set right', () => {
    const scene = new Scene([ruleOf({ kind: 'rate', count: 3, windowMs: MINUTE })]);
    scene.error({ count: 2 });
    scene.nowMs -= 24 * 60 * MINUTE;
    expect(scene.error({ count: 2 })).to.deep.equal([]);
    expect(scene.error({ count: 1 })).to.have.length(1);
  });

  it('has an id that no other has, also after a kill', () => {
    const scene = new Scene([severe]);
    const ids = new Set<string>();
    for (let at = 0; at < 5; at++) {
      scene.book.onError(errorAt(scene.nowMs, { fingerprint: `m2-${at}` }), scene.nowMs);
      for (const { id } of scene.book.due(scene.nowMs)) ids.add(id);
      scene.reborn();
    }
    expect(ids.size).to.equal(5);
  });
});
