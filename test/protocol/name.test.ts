/** How an action is named by its caller. */
import { expect } from 'chai';
import { instanceOf, parseCallTarget } from '../../common/protocol/name.js';
import { expectError } from '../support/expect-error.js';

describe('the name of an action', () => {
  it('says which service, and perhaps on which machine', () => {
    expect(parseCallTarget('echo.say')).to.deep.equal({ agent: 'echo', machine: undefined, action: 'say' });
    expect(parseCallTarget('echo-2@pc2.sayIt_now')).to.deep.equal({
      agent: 'echo-2',
      machine: 'pc2',
      action: 'sayIt_now',
    });
    expect(parseCallTarget(`${instanceOf('echo', 'pc2')}.say`).machine).to.equal('pc2');
  });

  for (const text of [
    '',
    'echo',
    '.say',
    'echo.',
    'echo@.say',
    '@pc2.say',
    'Echo.say',
    'echo.say.it',
    'echo@pc2@x.say',
    'echo.1',
    'e cho.say',
  ])
    it(`is refused: "${text}"`, () => expectError('INVALID_INPUT', () => parseCallTarget(text)));

  it('is refused when it is too long, without being repeated in full', () =>
    expect(
      expectError('INVALID_INPUT', () => parseCallTarget(`${'a'.repeat(100_000)}.b`)).message.length,
    ).to.be.lessThan(300));
});
