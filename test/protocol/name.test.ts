/** How an action is named by its caller. */
import { expect } from 'chai';
import { checkCallTarget, instanceOf, parseCallTarget } from '../../common/protocol/name.js';
import { expectError } from '../support/expect-error.js';

const nobody = { service: undefined, capability: undefined, version: undefined, machine: undefined };

describe('the name of an action', () => {
  it('says which service, and perhaps on which machine', () => {
    expect(parseCallTarget('echo.say')).to.deep.equal({ ...nobody, service: 'echo', action: 'say' });
    expect(parseCallTarget('echo-2@pc2.sayIt_now')).to.deep.equal({
      ...nobody,
      service: 'echo-2',
      machine: 'pc2',
      action: 'sayIt_now',
    });
    expect(parseCallTarget(`${instanceOf('echo', 'pc2')}.say`).machine).to.equal('pc2');
  });

  for (const range of ['^2', '2.1', '~1.4.0', '>=1.4 <3', '*', '1.x || 3.x', '2.0.0-beta.1', '=2.0.0+build'])
    it(`says which versions: ${range}`, () =>
      expect(parseCallTarget(`vision@${range}.detect`)).to.deep.equal({
        ...nobody,
        service: 'vision',
        version: range,
        action: 'detect',
      }));

  it('may be given in parts, of which a service or a capability and the action must be there', () => {
    expect(checkCallTarget({ capability: 'translate', machine: 'pc2', action: 'run' })).to.deep.equal({
      ...nobody,
      capability: 'translate',
      machine: 'pc2',
      action: 'run',
    });
    expect(expectError('INVALID_INPUT', () => checkCallTarget({ action: 'run' })).message).to.equal(
      'a call of run names neither a service nor a capability',
    );
    expect(expectError('INVALID_INPUT', () => checkCallTarget({ service: 'Echo', action: 'run' })).message).to.equal(
      '"Echo" cannot be the service of a call',
    );
    expect(expectError('INVALID_INPUT', () => checkCallTarget({ service: 'echo' })).message).to.equal(
      'undefined cannot be the action of a call',
    );
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
    'echo@2.1',
    'echo@pc2^2.say',
    'echo@^2@pc2.say',
    'e cho.say',
  ])
    it(`is refused: "${text}"`, () => expectError('INVALID_INPUT', () => parseCallTarget(text)));

  it('is refused when it is too long, without being repeated in full', () =>
    expect(
      expectError('INVALID_INPUT', () => parseCallTarget(`${'a'.repeat(100_000)}.b`)).message.length,
    ).to.be.lessThan(300));
});
