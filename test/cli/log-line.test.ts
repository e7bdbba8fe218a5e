import { expect } from 'chai';
import { plainLogLine } from '../../cli/log-line.js';

describe('a log line beside other things', () => {
  it('of our own log is what it says, and how bad it is', () => {
    const line = JSON.stringify({
      level: 'error',
      time: '2025-01-01T00:00:00.000Z',
      err: { stack: 'x' },
      msg: 'it broke',
    });
    expect(plainLogLine(line)).to.equal('error: it broke');
    expect(plainLogLine('{"msg":"hello"}')).to.equal('hello');
  });

  it('of anybody else is as it is, but never endless', () => {
    for (const line of ['plain', '{"msg":5}', '{"msg":"cut of', '{}', '[1]']) expect(plainLogLine(line)).to.equal(line);
    expect(plainLogLine('x'.repeat(10_000))).to.have.length(300);
  });
});
