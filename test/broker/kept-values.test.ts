/** The last values that a broker keeps: the newest of each topic, bounded, and told page by page. */
import { expect } from 'chai';
import { KeptValues } from '../../broker/kept-values.js';

const value = (topic: string, seq: number, tsMs = seq, publisher = 'a@main#1', size = 1) => ({
  topic,
  publisher,
  seq,
  tsMs,
  body: new Uint8Array(size),
});
const all = () => true;
const shown = (kept: KeptValues, after = 0) =>
  kept.since(after, all).values.map(({ topic, publisher, seq }) => `${topic} ${publisher} ${seq}`);

describe('kept values', () => {
  it('are the newest of each topic, by number of one publisher, by time of two', () => {
    const kept = new KeptValues();
    kept.keep(value('t', 2));
    kept.keep(value('t', 1));
    expect(shown(kept)).to.deep.equal(['t a@main#1 2']);
    kept.keep(value('t', 900, 1, 'b@main#1'));
    expect(shown(kept)).to.deep.equal(['t a@main#1 2']);
    kept.keep(value('t', 1, 3, 'b@main#1'));
    expect(shown(kept)).to.deep.equal(['t b@main#1 1']);
    expect(kept.counters).to.deep.equal({ renewals: 2, stale: 2, evicted: 0 });
  });

  it('are told in the order of their changes, and after a revision only what changed since', () => {
    const kept = new KeptValues();
    for (const topic of ['x', 'y', 'z']) kept.keep(value(topic, 1));
    const { revision } = kept.since(0, all);
    kept.keep(value('x', 2));
    expect(shown(kept)).to.deep.equal(['y a@main#1 1', 'z a@main#1 1', 'x a@main#1 2']);
    expect(shown(kept, revision)).to.deep.equal(['x a@main#1 2']);
    expect(kept.since(0, (topic) => topic === 'y').values).to.have.length(1);
  });

  it('come in pages that fit, and a page holds one at least', () => {
    const kept = new KeptValues({ topicsMax: 10, bytesMax: 1e6, pageBytesMax: 200 });
    for (const topic of ['x', 'y', 'z']) kept.keep(value(topic, 1, 1, 'a@main#1', topic === 'x' ? 1_000 : 20));
    const pages: string[][] = [];
    for (let after = 0, more = true; more; ) {
      const page = kept.since(after, all);
      pages.push(page.values.map(({ topic }) => topic));
      ({ revision: after, more } = page);
    }
    expect(pages).to.deep.equal([['x'], ['y', 'z']]);
  });

  it('are bounded in number and bytes: the one that was not renewed longest makes room', () => {
    const kept = new KeptValues({ topicsMax: 2, bytesMax: 1e6, pageBytesMax: 1e6 });
    for (const [topic, seq] of [
      ['x', 1],
      ['y', 1],
      ['x', 2],
      ['z', 1],
    ] as const)
      kept.keep(value(topic, seq));
    expect(shown(kept)).to.deep.equal(['x a@main#1 2', 'z a@main#1 1']);
    const heavy = new KeptValues({ topicsMax: 10, bytesMax: 500, pageBytesMax: 1e6 });
    for (const topic of ['x', 'y', 'z']) heavy.keep(value(topic, 1, 1, 'a@main#1', 100));
    expect(shown(heavy)).to.deep.equal(['y a@main#1 1', 'z a@main#1 1']);
    expect(heavy.counters.evicted).to.equal(1);
    expect(heavy.bytes).to.be.below(500);
  });
});
