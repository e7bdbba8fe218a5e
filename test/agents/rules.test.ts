import { expect } from 'chai';
import { compileRules, estimatedBytes, recordsOf } from '../../agents/log-watcher/rules.js';
import { limits } from '../../common/core/limits.js';
import { encode } from '../../common/protocol/frames/codec.js';
import { expectError } from '../support/expect-error.js';

const line = (text: string, isCut = false) => ({ text, offset: 7, isCut });

describe('the rules of a log watcher', () => {
  it('are refused when two have one name', () => {
    const error = expectError('CONFIG_INVALID', () =>
      compileRules([
        { name: 'a', pattern: 'x' },
        { name: 'a', pattern: 'y' },
      ]),
    );
    expect(error.message).to.equal('there are two rules named a');
  });

  it('see only the beginning of a line, whoever wrote the line', () => {
    const rules = compileRules([{ name: 'end', pattern: 'needle$' }]);
    expect(recordsOf(rules, 'f', line(`${' '.repeat(4_000)}needle`))).to.have.length(1);
    expect(recordsOf(rules, 'f', line(`${' '.repeat(5_000)}needle`))).to.have.length(0);
  });

  it('make an error of a line whose text is bounded, and a record with the whole of it', () => {
    const rules = compileRules([{ name: 'all', pattern: '', severity: 'critical', stream: 'lines' }]);
    const [error, record] = recordsOf(rules, 'f', line('x'.repeat(65_536), true));
    expect(error?.body).to.have.property('message').with.length(limits.errorTextMax);
    expect(record?.body).to.deep.include({ line: 'x'.repeat(65_536), cutAtBytes: 65_536 });
  });

  it('never underestimate what a record takes', () => {
    const rules = compileRules([
      { name: 'n'.repeat(64), pattern: '', severity: 'error', stream: `s.${'t'.repeat(200)}` },
    ]);
    for (const text of ['', 'plain', '\ufffd'.repeat(65_536), 'ü'.repeat(5_000), '"\\\0'.repeat(9_000)]) {
      const records = recordsOf(rules, 'p'.repeat(1_024), line(text, true));
      const bytes = records.reduce((sum, { body, stream }) => sum + encode(body).length + stream.length, 0);
      expect(estimatedBytes('p'.repeat(1_024), line(text))).to.be.at.least(bytes);
    }
  });
});
