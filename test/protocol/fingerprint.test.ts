/** Which errors are the same error. */
import { expect } from 'chai';
import { encode } from '../../common/protocol/codec.js';
import { completeReport } from '../../common/protocol/error-report.js';
import { fingerprintOf, groupOf, normalisedMessage } from '../../common/protocol/fingerprint.js';

describe('the message of a group', () => {
  const rows: readonly [string, string][] = [
    ['cannot open /a/b.txt after 3 tries', 'cannot open <path> after <n> tries'],
    ['it took 12.5 ms', 'it took <n> ms'],
    ['connect ECONNREFUSED 127.0.0.1:7400', 'connect ECONNREFUSED <n>.<n>:<n>'],
    ['at 0xdeadBEEF in deadbeef01', 'at <id> in <id>'],
    ['job 550e8400-e29b-41d4-a716-446655440000 failed', 'job <id> failed'],
    ['key 01ARZ3NDEKTSV4RRFFQ69G5FAV is gone', 'key <id> is gone'],
    ['no "a" and no \'b c\'', 'no <text> and no <text>'],
    ["the agent's lease ended, the peer's did not", "the agent's lease ended, the peer's did not"],
    ['internationalization is a long word', 'internationalization is a long word'],
    ['', ''],
  ];
  for (const [message, normalised] of rows)
    it(`of "${message}" is "${normalised}"`, () => expect(normalisedMessage(message)).to.equal(normalised));

  it('looks at the beginning of a long one', () =>
    expect(normalisedMessage('x '.repeat(10_000))).to.have.length(1_000));
});

describe('the fingerprint', () => {
  const report = (message: string, code = 'X', component = 'c') => completeReport({ code, message, component });

  it('is the same for occurrences that differ in what varies', () =>
    expect(fingerprintOf(report('job 1 failed'), 'a')).to.equal(fingerprintOf(report('job 22 failed'), 'a')));

  it('differs by code, component, agent and text, and does not run them together', () => {
    const prints = [
      fingerprintOf(report('m'), 'a'),
      fingerprintOf(report('m', 'Y'), 'a'),
      fingerprintOf(report('m', 'X', 'd'), 'a'),
      fingerprintOf(report('m'), 'b'),
      fingerprintOf(report('other'), 'a'),
      fingerprintOf(report('m', 'Xc', ''), 'a'),
    ];
    expect(new Set(prints).size).to.equal(prints.length);
    for (const print of prints) expect(print).to.match(/^[0-9a-f]{16}$/);
  });

  it('is only had of an error report', () => {
    expect(groupOf(encode(report('m')), 'a')).to.deep.equal({
      fingerprint: fingerprintOf(report('m'), 'a'),
      report: report('m'),
    });
    for (const body of [encode(7), encode({ message: 'm' }), Buffer.from([0xc1]), Buffer.alloc(0)])
      expect(groupOf(body, 'a')).to.equal(undefined);
  });
});
