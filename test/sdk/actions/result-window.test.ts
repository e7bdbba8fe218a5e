/** The window of results as a pure core. */
import { expect } from 'chai';
import { ResultWindow } from '../../../agents/sdk/actions/result-window.js';

const window = (options: Partial<{ windowMs: number; keysMax: number; bytesMax: number }> = {}) =>
  new ResultWindow<string, string>({ windowMs: 1_000, keysMax: 10, bytesMax: 1_000, ...options });

describe('the window of results', () => {
  it('lets one of a name run, the others join it, and later ones have its answer', () => {
    const tested = window();
    expect(tested.claim('k', 'in', 'run 1', 0)).to.deep.equal({ kind: 'run' });
    expect(tested.claim('k', 'in', 'run 2', 1)).to.deep.equal({ kind: 'join', run: 'run 1' });
    tested.settle('k', 'out', 10, 2);
    expect(tested.claim('k', 'in', 'run 3', 3)).to.deep.equal({ kind: 'answer', answer: 'out' });
    expect(tested.claim('other', 'in', 'run 4', 3)).to.deep.equal({ kind: 'run' });
  });

  it('refuses another input under the same name, during the run and after', () => {
    const tested = window();
    tested.claim('k', 'in', 'run', 0);
    expect(tested.claim('k', 'else', 'run', 0).kind).to.equal('conflict');
    tested.settle('k', 'out', 10, 0);
    expect(tested.claim('k', 'else', 'run', 0).kind).to.equal('conflict');
  });

  it('counts the time of an answer from the end of its run, and runs a repeat anew after that', () => {
    const tested = window();
    tested.claim('k', 'in', 'run', 0);
    expect(tested.claim('k', 'in', 'again', 5_000).kind).to.equal('join');
    tested.settle('k', 'out', 10, 5_000);
    expect(tested.claim('k', 'in', 'again', 5_999).kind).to.equal('answer');
    expect(tested.claim('k', 'else', 'again', 6_000)).to.deep.equal({ kind: 'run' });
    expect([tested.rememberedCount, tested.bytes]).to.deep.equal([0, 0]);
  });

  it('frees the name of what did not run', () => {
    const tested = window();
    tested.claim('k', 'in', 'run', 0);
    tested.forget('k');
    expect(tested.claim('k', 'else', 'run', 0)).to.deep.equal({ kind: 'run' });
  });

  it('forgets the oldest answers first when there are too many of them, and never a run', () => {
    const tested = window({ keysMax: 3 });
    for (const name of ['a', 'b', 'c']) tested.claim(name, 'in', name, 0);
    expect(tested.claim('d', 'in', 'd', 0)).to.deep.equal({ kind: 'full' });
    for (const name of ['b', 'a', 'c']) tested.settle(name, name, 1, 0);
    tested.claim('d', 'in', 'd', 0);
    tested.settle('d', 'd', 1, 0);
    expect(tested.rememberedCount).to.equal(3);
    expect(tested.claim('a', 'in', '', 0).kind).to.equal('answer');
    expect(tested.claim('b', 'in', '', 0).kind).to.equal('run');
  });

  it('forgets the oldest answers when their bytes are too many', () => {
    const tested = window({ bytesMax: 100 });
    for (const name of ['a', 'b', 'c']) {
      tested.claim(name, 'in', name, 0);
      tested.settle(name, name, 40, 0);
    }
    expect([tested.rememberedCount, tested.bytes]).to.deep.equal([2, 80]);
    expect(tested.claim('a', 'in', '', 0).kind).to.equal('run');
  });

  it('lets go of what is out of its time though nobody asks', () => {
    const tested = window();
    tested.claim('k', 'in', 'run', 0);
    tested.settle('k', 'out', 10, 0);
    tested.prune(1_000);
    expect([tested.rememberedCount, tested.bytes]).to.deep.equal([0, 0]);
  });
});
