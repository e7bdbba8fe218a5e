/** What an agent makes of its own beats. */
import { expect } from 'chai';
import { HealthWatch } from '../../../agents/sdk/actions/health-watch.js';

const quiet = { lagMs: 0, calls: 0, failures: 0, queueAgeMs: 0 };

/** One look a second; answers what the node was told, with the second. */
function watched(looks: readonly Partial<typeof quiet>[]): [number, number | undefined][] {
  const watch = new HealthWatch();
  const told: [number, number | undefined][] = [];
  watch.told(watch.current, 0);
  for (const [index, look] of looks.entries()) {
    const nowMs = (index + 1) * 1_000;
    const health = watch.look({ ...quiet, ...look }, nowMs);
    if (health === undefined) continue;
    watch.told(health, nowMs);
    told.push([index + 1, health.score]);
  }
  return told;
}

describe('an agent that watches its health', () => {
  it('does not mention a single late beat', () =>
    expect(watched([{}, {}, { lagMs: 3_000 }, {}, { lagMs: 3_000 }, {}, {}, {}])).to.deep.equal([]));

  it('tells a lag that lasts, and its end', () => {
    const late = { lagMs: 1_000 };
    expect(watched([late, late, late, late, {}, {}, {}, {}, {}, {}])).to.deep.equal([
      [3, 60],
      [8, 100],
    ]);
  });

  it('tells of calls that fail, by their share in the last while', () => {
    const looks = Array.from({ length: 40 }, (_, second) => ({
      calls: (second + 1) * 10,
      failures: Math.min(second, 5) * 5,
    }));
    const told = watched(looks);
    expect(told[0]?.[1]).to.be.lessThan(100);
    expect(told.at(-1)?.[1]).to.equal(100);
  });

  it('makes nothing of a failure among very few calls', () =>
    expect(
      watched([
        { calls: 4, failures: 4 },
        { calls: 4, failures: 4 },
      ]),
    ).to.deep.equal([]));

  it('tells of calls that wait', () => expect(watched([{ queueAgeMs: 5_000 }])).to.deep.equal([[1, 60]]));

  it('says it again until the node has heard it', () => {
    const watch = new HealthWatch();
    for (const nowMs of [1_000, 2_000]) expect(watch.look({ ...quiet, queueAgeMs: 5_000 }, nowMs)?.score).to.equal(60);
    watch.told(watch.current, 2_000);
    expect(watch.look({ ...quiet, queueAgeMs: 5_000 }, 3_000)).to.equal(undefined);
  });
});
