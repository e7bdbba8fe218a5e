import { expect } from 'chai';
import { type Keeping, keeperVerdict, type NodeEnd } from '../../../agents/node/keeper/keeper-verdict.js';

const NEW: Keeping = { everUp: false, failures: 0 };
const UP: Keeping = { everUp: true, failures: 0 };
const killed: NodeEnd = { code: null, wasUp: true, livedMs: 1_000 };
const refused: NodeEnd = { code: 2, wasUp: false, livedMs: 300 };

describe('a keeper whose node has ended', () => {
  const verdict = (end: NodeEnd, keeping: Keeping, asked = false) => keeperVerdict(end, keeping, asked, 1);

  it('ends with it when it ended well, never came up, or was asked to end', () => {
    expect(verdict({ ...killed, code: 0 }, UP)).to.deep.equal({ kind: 'end', code: 0 });
    expect(verdict(refused, NEW)).to.deep.equal({ kind: 'end', code: 2 });
    expect(verdict({ ...killed, wasUp: false }, NEW)).to.deep.equal({ kind: 'end', code: 1 });
    expect(verdict(killed, UP, true)).to.deep.equal({ kind: 'end', code: 1 });
  });

  it('starts it again when it was killed or failed, each time later, up to a quarter of a minute', () => {
    let keeping = NEW;
    const waits: number[] = [];
    for (let end = killed; waits.length < 9; end = refused) {
      const next = verdict(end, keeping);
      if (next.kind === 'end') throw new Error('it gave up');
      waits.push(next.waitMs);
      keeping = next.keeping;
    }
    expect(waits).to.deep.equal([200, 400, 800, 1_600, 3_200, 6_400, 12_800, 15_000, 15_000]);
  });

  it('begins with the shortest wait after a stable run', () => {
    const tired: Keeping = { everUp: true, failures: 7 };
    expect(verdict({ ...killed, livedMs: 60_000 }, tired)).to.deep.include({ kind: 'again', waitMs: 200 });
    expect(verdict({ ...killed, livedMs: 59_999 }, tired)).to.deep.include({ kind: 'again', waitMs: 15_000 });
    expect(verdict({ ...refused, livedMs: 60_000 }, tired)).to.deep.include({ kind: 'again', waitMs: 15_000 });
  });
});
