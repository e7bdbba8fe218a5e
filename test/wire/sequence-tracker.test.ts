/** Which events were missed, and which came before. */
import { expect } from 'chai';
import fc from 'fast-check';
import { SequenceTracker } from '../../common/wire/events/sequence-tracker.js';

describe('a sequence tracker', () => {
  it('misses nothing before the first event it hears of', () =>
    expect(new SequenceTracker().place('p', 't', 1_000, 1)).to.equal(0));

  it('counts what is between', () => {
    const tracker = new SequenceTracker();
    tracker.place('p', 't', 1, 3);
    expect(tracker.place('p', 't', 4, 1)).to.equal(0);
    expect(tracker.place('p', 't', 10, 2)).to.equal(5);
    expect(tracker.place('p', 't', 12, 1)).to.equal(0);
  });

  it('knows how much of a batch came before, and expects what it expected', () => {
    const tracker = new SequenceTracker();
    tracker.place('p', 't', 1, 10);
    expect(tracker.place('p', 't', 3, 1)).to.equal(-1);
    expect(tracker.place('p', 't', 1, 10)).to.equal(-10);
    expect(tracker.place('p', 't', 8, 5)).to.equal(-3);
    expect(tracker.place('p', 't', 13, 1)).to.equal(0);
  });

  it('follows each publisher and each topic by itself', () => {
    const tracker = new SequenceTracker();
    for (const [publisher, topic] of [
      ['a', 'x'],
      ['a', 'y'],
      ['b', 'x'],
    ] as const)
      expect(tracker.place(publisher, topic, 5, 1)).to.equal(0);
    expect(tracker.place('a', 'y', 9, 1)).to.equal(3);
    expect(tracker.place('b', 'x', 6, 1)).to.equal(0);
  });

  it('forgets the pair that was silent longest, and counts that', () => {
    const tracker = new SequenceTracker(2);
    tracker.place('a', 't', 1, 1);
    tracker.place('b', 't', 1, 1);
    tracker.place('a', 't', 2, 1);
    tracker.place('c', 't', 1, 1);
    expect(tracker.forgotten).to.equal(1);
    expect(tracker.place('a', 't', 5, 1)).to.equal(2);
    expect(tracker.place('b', 't', 9, 1)).to.equal(0);
  });

  it('forgets topics that nobody listens to', () => {
    const tracker = new SequenceTracker();
    tracker.place('a', 'x', 1, 1);
    tracker.place('a', 'y', 1, 1);
    tracker.forget((topic) => topic === 'x');
    expect(tracker.place('a', 'x', 9, 1)).to.equal(0);
    expect(tracker.place('a', 'y', 9, 1)).to.equal(7);
  });

  it('finds that what arrived and what was missed is all there was', () =>
    fc.assert(
      fc.property(
        fc.array(fc.record({ dropped: fc.nat(5), count: fc.integer({ min: 1, max: 5 }) }), { minLength: 1 }),
        (batches) => {
          const tracker = new SequenceTracker();
          let seq = 1;
          let missed = 0;
          for (const { dropped, count } of batches) {
            seq += dropped;
            missed += tracker.place('p', 't', seq, count);
            seq += count;
          }
          const [first] = batches;
          const arrived = batches.reduce((sum, { count }) => sum + count, 0);
          expect(missed + arrived + (first?.dropped ?? 0)).to.equal(seq - 1);
        },
      ),
    ));
});
