/** What waits for a peer: in order, bounded, and never sent once it was given up. */
import { expect } from 'chai';
import fc from 'fast-check';
import { limits } from '../../common/core/limits.js';
import { FrameQueue, frameOf, type QueuedEnvelope } from '../../common/wire/frame-queue.js';

interface Entry extends QueuedEnvelope {
  readonly id: number;
}
const entry = (id: number, sizeBytes: number): Entry => ({ id, bytes: Buffer.alloc(sizeBytes) });
const ids = (entries: readonly Entry[]) => entries.map(({ id }) => id);

describe('a frame queue', () => {
  it('joins what fits the target size, whole and in order', () => {
    const queue = new FrameQueue<Entry>();
    const half = limits.frameTargetBytes / 2;
    for (const [id, size] of [half, half, 1, half, limits.frameTargetBytes * 3, 1].entries())
      queue.push(entry(id, size));
    expect(ids(queue.take())).to.deep.equal([0, 1]);
    expect(ids(queue.take())).to.deep.equal([2, 3]);
    expect(ids(queue.take())).to.deep.equal([4]);
    expect(ids(queue.take())).to.deep.equal([5]);
    expect(ids(queue.take())).to.deep.equal([]);
    expect(queue).to.include({ bytes: 0, count: 0, empty: true });
  });

  it('gives one at a time to a REQ peer', () => {
    const queue = new FrameQueue<Entry>();
    for (const id of [0, 1]) queue.push(entry(id, 10));
    expect(ids(queue.take(1))).to.deep.equal([0]);
    expect(ids(queue.take(1))).to.deep.equal([1]);
  });

  it('refuses at its limit, but takes one of any size when nothing waits', () => {
    const queue = new FrameQueue<Entry>(100);
    expect(queue.push(entry(0, 1_000))).to.equal(true);
    expect(queue.push(entry(1, 1))).to.equal(false);
    queue.take();
    expect(queue.push(entry(2, 60))).to.equal(true);
    expect(queue.push(entry(3, 40))).to.equal(true);
    expect(queue.push(entry(4, 1))).to.equal(false);
    expect(queue.bytes).to.equal(100);
  });

  it('gives the room of what was given up to others at once', () => {
    const queue = new FrameQueue<Entry>(100);
    const given = entry(0, 100);
    queue.push(given);
    queue.abandon(given);
    queue.abandon(given);
    expect(queue.push(entry(1, 100))).to.equal(true);
    expect(ids(queue.take())).to.deep.equal([1]);
  });

  it('forgets all when it is cleared', () => {
    const queue = new FrameQueue<Entry>();
    queue.push(entry(0, 10));
    queue.clear();
    expect(queue).to.include({ bytes: 0, count: 0, empty: true });
    expect(queue.take()).to.deep.equal([]);
  });

  it('makes a frame of envelopes, and of one without a copy', () => {
    const one = entry(0, 3);
    expect(frameOf([one])).to.equal(one.bytes);
    expect(frameOf([one, entry(1, 4)])).to.have.length(7);
    expect(frameOf([])).to.have.length(0);
  });

  const step = fc.oneof(
    fc.record({ kind: fc.constant('push' as const), size: fc.integer({ min: 1, max: 40_000 }) }),
    fc.record({ kind: fc.constant('take' as const), countMax: fc.constantFrom(1, 3, 1_000), fails: fc.boolean() }),
    fc.record({ kind: fc.constant('abandon' as const), at: fc.nat(50) }),
  );

  it('does what a plain list would do, whatever is pushed, taken, put back and given up', () =>
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const queue = new FrameQueue<Entry>(200_000);
        let list: Entry[] = [];
        let lastId = 0;
        const sizeOf = () => list.reduce((sum, { bytes }) => sum + bytes.length, 0);
        for (const action of steps) {
          if (action.kind === 'push') {
            const added = entry(++lastId, action.size);
            const fits = list.length === 0 || sizeOf() + action.size <= 200_000;
            expect(queue.push(added)).to.equal(fits);
            if (fits) list.push(added);
          } else if (action.kind === 'abandon') {
            const given = list[action.at];
            if (given === undefined) continue;
            queue.abandon(given);
            list = list.filter((kept) => kept !== given);
          } else {
            const taken = queue.take(action.countMax);
            expect(ids(taken)).to.deep.equal(ids(list.slice(0, taken.length)));
            expect(taken.length > 0).to.equal(list.length > 0);
            expect(taken.length).to.be.at.most(action.countMax);
            if (taken.length > 1) expect(frameOf(taken).length).to.be.at.most(limits.frameTargetBytes);
            // One of those is given up while the socket refuses the frame.
            if (action.fails && taken[1] !== undefined) taken[1].abandoned = true;
            if (action.fails) queue.restore(taken);
            list = action.fails ? list.filter(({ abandoned }) => !abandoned) : list.slice(taken.length);
          }
          expect(queue.bytes).to.equal(sizeOf());
          expect(queue.count).to.equal(list.length);
        }
      }),
      { numRuns: 300 },
    ));
});
