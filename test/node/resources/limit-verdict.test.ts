import { expect } from 'chai';
import { type Excess, judge, type LimitLook, type LimitWatch } from '../../../agents/node/resources/limit-verdict.js';

const bounds = { memoryBytes: 100, openFiles: 10 };
const look = (rssBytes: number, openFiles: number | null = 1, epoch = 1): LimitLook => ({ epoch, rssBytes, openFiles });

/** What comes out of a series of looks. */
function verdicts(looks: readonly LimitLook[], over: Parameters<typeof judge>[2] = bounds): (Excess | undefined)[] {
  let watch: LimitWatch | undefined;
  return looks.map((one) => {
    const judgement = judge(watch, one, over);
    watch = judgement.watch;
    return judgement.excess;
  });
}

describe('the verdict on limits', () => {
  const memory = { limit: 'memory', figure: 101, bound: 100 };
  const files = { limit: 'openFiles', figure: 11, bound: 10 };
  const cases: readonly [what: string, looks: readonly LimitLook[], verdicts: readonly (object | undefined)[]][] = [
    ['one look over it is a peak', [look(101), look(99), look(101)], [undefined, undefined, undefined]],
    ['two in a row are an excess', [look(999), look(101)], [undefined, memory]],
    ['exactly the limit is within it', [look(100), look(100)], [undefined, undefined]],
    ['open files count as memory does', [look(1, 11), look(1, 11)], [undefined, files]],
    ['each limit counts for itself', [look(101), look(1, 11), look(101)], [undefined, undefined, undefined]],
    ['what is not known is not judged', [look(1, 11), look(1, null), look(1, 11)], [undefined, undefined, undefined]],
    ['it is said once of an incarnation', [look(101), look(101), look(101)], [undefined, memory, undefined]],
    ['the next incarnation begins anew', [look(101), look(101, 1, 2)], [undefined, undefined]],
    [
      'and is judged anew',
      [look(101), look(101), look(101, 1, 2), look(101, 1, 2)],
      [undefined, memory, undefined, memory],
    ],
  ];
  for (const [what, looks, expected] of cases) {
    it(what, () => expect(verdicts(looks)).to.deep.equal(expected));
  }

  it('without limits there is none', () => {
    expect(verdicts([look(1e12, 1e6), look(1e12, 1e6)], {})).to.deep.equal([undefined, undefined]);
  });
});
