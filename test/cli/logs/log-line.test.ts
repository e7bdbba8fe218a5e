import { expect } from 'chai';
import { briefEnd, plainLogLine } from '../../../cli/logs/log-line.js';

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

  it('shows of a stack only its top, so that what was said is not pushed out by it', () => {
    const frames = Array.from({ length: 12 }, (_, index) => `    at f${index} (file.js:1:2)`);
    expect(briefEnd(['Error: one', ...frames, 'Error: two', ...frames])).to.deep.equal([
      'Error: one',
      frames[0],
      frames[1],
      'Error: two',
      frames[0],
      frames[1],
    ]);
    expect(briefEnd(Array.from({ length: 50 }, (_, index) => `line ${index}`)).at(0)).to.equal('line 40');
  });
});
