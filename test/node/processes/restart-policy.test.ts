import { expect } from 'chai';
import {
  type Ending,
  NO_HISTORY,
  type RestartHistory,
  restartVerdict,
  withStart,
} from '../../../agents/node/processes/restart-policy.js';
import type { RestartSpec } from '../../../common/config/agents/agent-specs.js';
import { Random } from '../../support/random.js';

const spec: RestartSpec = {
  policy: 'always',
  firstMs: 200,
  maxMs: 30_000,
  stableMs: 30_000,
  starts: 5,
  windowMs: 60_000,
};
const clean: Ending = { text: 'exit code 0', isFailure: false, ranMs: 10 };
const broken: Ending = { text: 'exit code 1', isFailure: true, ranMs: 10 };
const seed = Number(process.env['FC_SEED'] ?? 20_261_121);

describe('what becomes of a process that ended by itself', () => {
  for (const [policy, ending, kind] of [
    ['always', clean, 'backoff'],
    ['always', broken, 'backoff'],
    ['on-failure', clean, 'completed'],
    ['on-failure', broken, 'backoff'],
    ['never', clean, 'completed'],
    ['never', broken, 'failed'],
  ] as const) {
    it(`is ${kind} under ${policy} when it ended with ${ending.text}`, () => {
      expect(restartVerdict({ ...spec, policy }, NO_HISTORY, ending, 0, 0.5).kind).to.equal(kind);
    });
  }

  it('is a wait that doubles up to its most, with jitter over the upper half', () => {
    const ceilings = [200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000];
    for (const random of [0, 0.999_999]) {
      let history: RestartHistory = NO_HISTORY;
      for (const ceilingMs of ceilings) {
        const verdict = restartVerdict({ ...spec, starts: 1_000 }, history, broken, 0, random);
        if (verdict.kind !== 'backoff') throw new Error(verdict.kind);
        expect(Math.round(verdict.waitMs)).to.equal(random === 0 ? ceilingMs / 2 : ceilingMs);
        history = verdict.history;
      }
    }
  });

  it('begins with the first wait again after a stable run', () => {
    const worn = { startsMs: [], crashes: 9 };
    const wait = (ranMs: number) => {
      const verdict = restartVerdict(spec, worn, { ...broken, ranMs }, 0, 0);
      return verdict.kind === 'backoff' ? verdict.waitMs : undefined;
    };
    expect([wait(spec.stableMs - 1), wait(spec.stableMs)]).to.deep.equal([15_000, 100]);
  });

  it('is quarantine when the next start would be one too many, with what happened last', () => {
    const history = { startsMs: [0, 1, 2, 3, 4], crashes: 4 };
    expect(restartVerdict(spec, history, broken, 1_000, 0.5)).to.deep.equal({
      kind: 'quarantined',
      why: 'it was started 5 times within 60 s and ended each time; the last time: exit code 1',
    });
    const slow = { startsMs: [0, 1, 2, 3], crashes: 4 };
    expect(restartVerdict(spec, slow, broken, 1_000, 0.5).kind).to.equal('backoff');
  });

  it('looks at the window in which the next start would be, not at the one in which it ended', () => {
    // Five starts within the minute now; when the wait is over, the first of them is older than that.
    const history = { startsMs: [0, 12_000, 24_000, 36_000, 48_000], crashes: 8 };
    expect(restartVerdict(spec, history, broken, 49_000, 0).kind).to.equal('backoff');
  });

  it(`never starts more often than the budget says, however ends and times fall (seed ${seed})`, () => {
    const random = new Random(seed);
    const faults: string[] = [];
    for (let run = 0; run < 200; run++) {
      const own: RestartSpec = {
        ...spec,
        starts: random.between(1, 8),
        windowMs: random.between(500, 60_000),
        firstMs: random.between(1, 2_000),
        maxMs: random.between(2_000, 40_000),
        stableMs: random.between(10, 40_000),
      };
      const starts: number[] = [];
      const countSince = (ms: number) => starts.filter((startMs) => startMs > ms).length;
      let history: RestartHistory = NO_HISTORY;
      let nowMs = random.between(0, 1_000_000);
      for (let life = 0; life < 50; life++) {
        starts.push(nowMs);
        if (countSince(nowMs - own.windowMs) > own.starts) faults.push(`${run}: one start too many`);
        history = withStart(history, own, nowMs);
        if (history.startsMs.length > own.starts) faults.push(`${run}: the history grows`);
        const ranMs = random.next() < 0.8 ? random.between(0, 300) : random.between(0, 60_000);
        nowMs += ranMs;
        const verdict = restartVerdict(own, history, { ...broken, ranMs }, nowMs, random.next());
        if (verdict.kind === 'quarantined') {
          if (countSince(nowMs - own.windowMs) < own.starts) faults.push(`${run}: quarantined too early`);
          break;
        }
        if (verdict.kind !== 'backoff') throw new Error(verdict.kind);
        if (verdict.waitMs > own.maxMs || verdict.waitMs < own.firstMs / 2) faults.push(`${run}: waits out of bounds`);
        history = verdict.history;
        // A busy machine starts it later than it was due, never earlier.
        nowMs += verdict.waitMs + random.between(0, 50);
      }
    }
    expect(faults).to.deep.equal([]);
  });
});
