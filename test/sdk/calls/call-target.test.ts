/** Whom a call goes to, over real connections; and what becomes of one that nobody can take. */
import { expect } from 'chai';
import { expectRejection } from '../../support/expect-error.js';
import { until } from '../../support/wait-for.js';
import { type Actions, CallWorld } from './call-world.js';

describe('a call', () => {
  let world: CallWorld;
  beforeEach(() => {
    world = new CallWorld();
  });
  afterEach(() => world.close());

  const call = (target: string, options = {}, input: unknown = {}) => world.router.call(target, input, options);
  const named = (name: string): Actions => ({ say: () => name });

  describe('is for', () => {
    beforeEach(async () => {
      await world.serve('vision@main', named('main'), { version: '1.4.0', capabilities: ['see'] });
      await world.serve('vision@pc2', named('pc2'), { version: '2.1.3', capabilities: ['see', 'read'] });
      await world.serve('ocr@pc2', { read: () => 'ocr', say: () => 'ocr' }, { capabilities: ['read'] });
    });

    it('a service, on the own machine if there is one', async () => expect(await call('vision.say')).to.equal('main'));
    it('a machine', async () => expect(await call('vision@pc2.say')).to.equal('pc2'));
    it('a range of versions', async () => {
      expect(await call('vision@^2.say')).to.equal('pc2');
      expect(await call('vision@<2.say')).to.equal('main');
      expect(await call('vision@1 || 2.1.say')).to.be.oneOf(['main', 'pc2']);
    });
    it('a capability, of those that have the action', async () => {
      expect(await world.router.call({ capability: 'read', action: 'read' }, {})).to.equal('ocr');
      expect(await world.router.call({ capability: 'read', version: '^2', action: 'say' }, {})).to.equal('pc2');
    });

    it('nobody that there is, and says at once who comes near', async () => {
      const wrong: [string | Record<string, string>, string, RegExp][] = [
        ['visoin.say', 'there is no agent "visoin"', /did you mean vision\?/],
        ['vision@pc3.say', 'there is no agent "vision" on pc3', /it runs on main, pc2/],
        ['vision@^3.say', 'no instance of "vision" is ^3', /vision@main is 1\.4\.0, vision@pc2 is 2\.1\.3/],
        [{ capability: 'raed', action: 'read' }, 'no agent has the capability "raed"', /did you mean read\?/],
      ];
      for (const [target, message, hint] of wrong) {
        const error = await expectRejection('NOT_FOUND', world.router.call(target as string, {}));
        expect(error.message).to.equal(message);
        expect(error.hint).to.match(hint);
      }
      const action = await expectRejection(
        'UNKNOWN_METHOD',
        world.router.call({ capability: 'read', action: 'raed' }, {}),
      );
      expect(action.hint).to.equal('did you mean read?');
      const range = await expectRejection('INVALID_INPUT', call('vision@1.2.3.4.say'));
      expect(range.message).to.equal('"1.2.3.4" is not a range of versions');
    });
  });

  it('is refused when what it is given makes no sense', async () => {
    await world.serve('echo@main', named('main'));
    const wrong: [Record<string, unknown>, string][] = [
      [{ timeoutMs: 0 }, 'EXPIRED'],
      [{ timeoutMs: -1 }, 'EXPIRED'],
      [{ timeoutMs: Number.NaN }, 'INVALID_INPUT'],
      [{ retries: 11 }, 'INVALID_INPUT'],
      [{ priority: 10 }, 'INVALID_INPUT'],
      [{ idempotencyKey: '' }, 'INVALID_INPUT'],
      [{ signal: AbortSignal.abort() }, 'INTERRUPTED'],
    ];
    for (const [options, code] of wrong) await expectRejection(code as 'EXPIRED', call('echo.say', options));
    const loop: Record<string, unknown> = {};
    loop['loop'] = loop;
    await expectRejection('INVALID_INPUT', call('echo.say', {}, loop));
    expect(await call('echo.say')).to.equal('main');
  });

  it('of a program that is only supervised is refused', async () => {
    world.tell('echo@main', { control: '' });
    const error = await expectRejection('UNKNOWN_METHOD', call('echo.say'));
    expect(error.message).to.equal('echo@main takes no calls: it is a program that is only supervised');
  });

  describe('when nobody serves', () => {
    it('waits for somebody within its time', async () => {
      const server = await world.serve('echo@main', named('main'), { state: 'starting', control: '' });
      const answer = call('echo.say');
      await until(() => world.router.waitingCount === 1);
      world.tell('echo@main', { state: 'ready', control: server.endpoint });
      expect(await answer).to.equal('main');
      expect(world.router.waitingCount).to.equal(0);
    });

    it('says when its time is over who there is and why each does not serve', async () => {
      world.tell('echo@main', { state: 'backoff' });
      world.tell('echo@pc2', { state: 'starting' });
      const error = await expectRejection('UNREACHABLE', call('echo.say', { timeoutMs: 50 }));
      expect(error.message).to.equal('no instance of "echo" serves: echo@main is backoff, echo@pc2 is starting');
      expect(world.router.waitingCount).to.equal(0);
    });

    it('waits for nobody who comes only if somebody starts it', async () => {
      world.tell('echo@main', { state: 'quarantined' });
      const error = await expectRejection('UNREACHABLE', call('echo.say', { timeoutMs: 60_000 }));
      expect(error.message).to.equal('no instance of "echo" serves: echo@main is quarantined');
    });

    it('waits for whoever has the capability, though the row of one that starts does not say so any more', async () => {
      const can = { capabilities: ['see'], version: '1.0.0' };
      const server = await world.serve('eye@main', named('main'), can);
      const see = (timeoutMs = 5_000) => world.router.call({ capability: 'see', action: 'say' }, {}, { timeoutMs });
      expect(await see()).to.equal('main');
      world.tell('eye@main', { state: 'starting', epoch: 2, control: '', capabilities: [], actions: [], version: '' });
      await world.heard();
      const late = await expectRejection('UNREACHABLE', see(20));
      expect(late.message).to.equal('no instance of whoever can see serves: eye@main is starting');
      const answer = see();
      await until(() => world.router.waitingCount === 1);
      world.tell('eye@main', { ...can, state: 'ready', epoch: 2, control: server.endpoint, actions: ['say'] });
      expect(await answer).to.equal('main');
    });

    it('can be given up, and is failed by the end of its process', async () => {
      world.tell('echo@main', { state: 'starting' });
      const ending = new AbortController();
      const given = call('echo.say', { signal: ending.signal });
      const left = call('echo.say');
      await until(() => world.router.waitingCount === 2);
      ending.abort();
      await expectRejection('INTERRUPTED', given);
      await until(() => world.router.waitingCount === 1);
      world.router.close();
      await expectRejection('CLOSED', left);
    });
  });
});
