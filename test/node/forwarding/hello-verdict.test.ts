import { expect } from 'chai';
import { compareHello } from '../../../agents/node/forwarding/hello-verdict.js';

const a = Buffer.alloc(32, 1);
const b = Buffer.alloc(32, 2);

describe('the comparison of a journal with the log', () => {
  const rows: [string, Parameters<typeof compareHello>[0], Parameters<typeof compareHello>[1], string][] = [
    [
      'an empty journal and an empty log agree',
      { headSeq: 0, ackedSeq: 0, hashAtRemoteHead: null },
      { seq: 0, hash: a },
      'agree',
    ],
    ['a log that is behind agrees', { headSeq: 9, ackedSeq: 5, hashAtRemoteHead: a }, { seq: 5, hash: a }, 'agree'],
    [
      'a log that is ahead of what was acknowledged agrees: the answer was lost',
      { headSeq: 9, ackedSeq: 5, hashAtRemoteHead: a },
      { seq: 7, hash: a },
      'agree',
    ],
    [
      'a log that is ahead of the journal: the journal lost its tail',
      { headSeq: 9, ackedSeq: 9, hashAtRemoteHead: null },
      { seq: 12, hash: a },
      'lost-tail',
    ],
    [
      'a log that has less than it acknowledged lost its own tail',
      { headSeq: 9, ackedSeq: 8, hashAtRemoteHead: a },
      { seq: 3, hash: a },
      'rewind',
    ],
    [
      'a log that has nothing of what it acknowledged lost everything',
      { headSeq: 9, ackedSeq: 8, hashAtRemoteHead: null },
      { seq: 0, hash: b },
      'rewind',
    ],
    [
      'another hash at the same place is a conflict',
      { headSeq: 9, ackedSeq: 5, hashAtRemoteHead: a },
      { seq: 5, hash: b },
      'conflict',
    ],
    [
      'a conflict is found before the rest is judged',
      { headSeq: 9, ackedSeq: 8, hashAtRemoteHead: a },
      { seq: 3, hash: b },
      'conflict',
    ],
    [
      'a place whose local hash is pruned cannot be compared',
      { headSeq: 9, ackedSeq: 5, hashAtRemoteHead: null },
      { seq: 5, hash: b },
      'agree',
    ],
    [
      'a place whose hash main does not know cannot be compared',
      { headSeq: 9, ackedSeq: 5, hashAtRemoteHead: a },
      { seq: 5, hash: null },
      'agree',
    ],
  ];
  for (const [sentence, local, remote, kind] of rows) {
    it(sentence, () => expect(compareHello(local, remote).kind).to.equal(kind));
  }

  it('counts what the journal lost', () => {
    expect(compareHello({ headSeq: 9, ackedSeq: 9, hashAtRemoteHead: null }, { seq: 12, hash: a })).to.deep.equal({
      kind: 'lost-tail',
      missingCount: 3,
    });
  });
});
