/** What a failure says of the instance, and of whether the call may be made again: as a table. */
import { expect } from 'chai';
import { avoidedMs, type Fate, type InstanceSign, mayRepeat, signOf } from '../../../agents/sdk/calls/outcome.js';
import { type ErrorCode, MeshError } from '../../../common/core/errors.js';
import { limits } from '../../../common/core/limits.js';

/** Code, how far it came, what it says of the instance, whether it may be repeated: once, and where that is harmless. */
const TABLE: readonly [ErrorCode, Fate, InstanceSign, boolean, boolean][] = [
  ['TIMED_OUT', 'sent', 'silent', false, true],
  ['UNREACHABLE', 'unsent', 'silent', true, true],
  ['CONNECTION_LOST', 'sent', 'lost', false, true],
  ['AGENT_CRASHED', 'sent', 'lost', false, true],
  ['QUEUE_FULL', 'unsent', 'nothing', true, true],
  ['CLOSED', 'sent', 'nothing', false, false],
  ['CLOSED', 'unsent', 'nothing', false, false],
  ['INTERRUPTED', 'unsent', 'nothing', false, false],
  ['INTERRUPTED', 'sent', 'nothing', false, false],
  ['OVERLOADED', 'answered', 'pressed', true, true],
  ['EXPIRED', 'answered', 'pressed', true, true],
  ['CLOSED', 'answered', 'pressed', true, true],
  ['UNREACHABLE', 'answered', 'pressed', true, true],
  ['ACTION_FAILED', 'answered', 'well', false, false],
  ['INVALID_INPUT', 'answered', 'well', false, false],
  ['TIMED_OUT', 'answered', 'well', false, false],
];

describe('a failure', () => {
  for (const [code, fate, sign, once, harmless] of TABLE)
    it(`${code}, ${fate}, says ${sign}, and ${once ? 'is' : harmless ? 'is where that is harmless' : 'is not'} repeated`, () => {
      const error = new MeshError(code);
      expect(signOf(error, fate)).to.equal(sign);
      expect([mayRepeat(error, fate, false), mayRepeat(error, fate, true)]).to.deep.equal([once, harmless]);
    });

  it('of an action that threw it is not repeated, though its code says that nothing ran', () => {
    const error = new MeshError('UNREACHABLE', 'another agent', { details: { ran: true } });
    expect(mayRepeat(error, 'answered', false)).to.equal(false);
    expect(mayRepeat(error, 'answered', true)).to.equal(false);
    expect(signOf(error, 'answered')).to.equal('well');
  });

  it('says how long its instance is not preferred, or it is so long', () => {
    expect(avoidedMs(new MeshError('OVERLOADED', '', { details: { retryAfterMs: 7 } }))).to.equal(7);
    expect(avoidedMs(new MeshError('OVERLOADED', '', { details: { retryAfterMs: 'soon' } }))).to.equal(
      limits.refusalAvoidedMs,
    );
  });
});
