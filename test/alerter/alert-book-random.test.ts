/**
 * Whatever is heard in whatever order, an alerter never tells more than its rules allow, never leaves open what it told, and
 * never loses a count. The oracle knows the notices and what was heard, and nothing of entries.
 */
import { expect } from 'chai';
import { AlertBook, emptyMemory } from '../../agents/alerter/alert-book.js';
import { alertMemoryOf, bytesOfMemory } from '../../agents/alerter/alert-memory.js';
import type { Notice } from '../../agents/alerter/notice.js';
import { limits } from '../../common/core/limits.js';
import type { AlertRule } from '../../common/protocol/alert-rule.js';
import { Random } from '../support/random.js';
import { errorAt, gone, MINUTE, ruleOf, standing } from './alert-world.js';

const firstSeed = Number(process.env['SEED'] ?? 1);
const SEEDS = process.env['SEED'] === undefined ? 12 : 1;
const STEPS = 500;
const GROUPS = 260;

const rules = (recovery: boolean): AlertRule[] => {
  const short = { throttleMs: 2 * MINUTE, quietMs: MINUTE, recovery };
  return [
    ruleOf({ kind: 'severity', atLeast: 'error' }, { ...short, name: 'severe' }),
    ruleOf({ kind: 'new-group' }, { ...short, name: 'new' }),
    ruleOf({ kind: 'regression' }, { ...short, name: 'again' }),
    ruleOf({ kind: 'rate', count: 20, windowMs: MINUTE }, { ...short, name: 'many' }),
    ruleOf({ kind: 'machine-unreachable', forMs: 10_000 }, { ...short, name: 'gone' }),
  ];
};

/** What was told of one rule and one thing: digests are about several, and tell of none by name. */
class Oracle {
  readonly #told = new Map<string, number>();
  readonly #times = new Map<string, number[]>();
  /** Rule → things told as firing and not yet as over, digests by their number. */
  readonly #open = new Map<string, number>();
  countTold = 0;
  countHeard = 0;

  constructor(private readonly rules: readonly AlertRule[]) {}

  see(notice: Notice): void {
    const { rule, subject, state, atMs, count } = notice;
    if (rule === 'severe') this.countTold += count;
    this.#seeRate(rule, atMs);
    this.#seeOpen(notice);
    if (subject === '') return;
    const key = `${rule} ${subject}`;
    const throttleMs = this.rules.find(({ name }) => name === rule)?.throttleMs ?? 0;
    if (state !== 'recovered') {
      const lastMs = this.#told.get(key);
      if (lastMs !== undefined) expect(atMs - lastMs, `${key} was told again`).to.be.at.least(throttleMs);
      this.#told.set(key, atMs);
    }
  }

  /** A digest that tells of what began may also tell of what goes on: then nothing is known of how many are open. */
  #seeOpen({ rule, state, subjects }: Notice): void {
    const open = this.#open.get(rule) ?? 0;
    if (state === 'firing') this.#open.set(rule, open + subjects);
    if (state !== 'recovered') return;
    expect(open, `recoveries of ${rule} that nobody was told of`).to.be.at.least(subjects);
    this.#open.set(rule, open - subjects);
  }

  #seeRate(rule: string, atMs: number): void {
    const times = this.#times.get(rule) ?? [];
    this.#times.set(rule, times);
    times.push(atMs);
    for (const [index, fromMs] of times.entries()) {
      const within = times.length - index;
      const allowed = limits.alertBurst + Math.floor((atMs - fromMs) / limits.alertRefillMs) + 1;
      if (within > allowed) expect.fail(`${within} notices of ${rule} in ${atMs - fromMs} ms`);
    }
    if (times.length > 200) times.splice(0, 100);
  }
}

function run(seed: number): void {
  const random = new Random(seed);
  const ruleSet = rules(seed % 3 !== 0);
  const oracle = new Oracle(ruleSet);
  let nowMs = 1_000_000_000;
  let book = new AlertBook(ruleSet, emptyMemory(nowMs));
  const machines = new Map<string, number>();
  const groups = random.pick([5, 50, GROUPS]);
  const tell = () => {
    for (const notice of book.due(nowMs)) oracle.see(notice);
  };
  const last: ReturnType<typeof errorAt>[] = [];

  for (let step = 0; step < STEPS; step++) {
    const fingerprint = `m2-${random.between(1, groups)}`;
    switch (random.between(0, 9)) {
      case 0:
        book.onStanding(standing(random.pick(['regressed', 'resolved', 'open']), { fingerprint }), nowMs);
        break;
      case 1: {
        const machine = random.pick(['pc2', 'pc3', 'pc4']);
        if (!machines.delete(machine)) machines.set(machine, nowMs);
        break;
      }
      case 2:
        book = new AlertBook(ruleSet, alertMemoryOf(bytesOfMemory(book.memory), nowMs));
        for (const seen of last) expect(book.onError(seen, nowMs), 'a record that comes again').to.equal(false);
        break;
      default: {
        const severity = random.pick(['info', 'error', 'critical'] as const);
        const count = random.pick([1, 1, 1, 7, 1_000]);
        const seen = errorAt(nowMs - random.between(0, 5_000), {
          fingerprint,
          severity,
          count,
          isFirst: random.next() < 0.1,
        });
        if (severity !== 'info') oracle.countHeard += count;
        book.onError(seen, nowMs);
        last.splice(0, last.length - 20);
        last.push(seen);
      }
    }
    nowMs += random.pick([0, 0, 100, 1_000, 10_000, 40_000]);
    const troubles = [...machines].map(([machine, sinceMs]) => gone(sinceMs, machine));
    book.onSight({ kinds: ['machine-unreachable'], troubles, unseen: [] }, nowMs);
    tell();
  }
  for (let quiet = 0; quiet < 400; quiet++) {
    nowMs += limits.alertRefillMs;
    book.onSight({ kinds: ['machine-unreachable'], troubles: [], unseen: [] }, nowMs);
    tell();
  }
  expect(book.memory.entries, 'nothing is left in mind').to.deep.equal([]);
  expect(oracle.countTold, 'errors told').to.equal(oracle.countHeard);
}

describe('alerts, whatever is heard', () => {
  for (let seed = firstSeed; seed < firstSeed + SEEDS; seed++) {
    it(`never exceed their throttle, leave nothing open and count all (SEED=${seed})`, () => run(seed));
  }
});
