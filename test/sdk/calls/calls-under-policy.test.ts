/** Policies at work: calls over real connections, to instances that answer, fail or keep silent, under rules that change. */
import { expect } from 'chai';
import { MeshError } from '../../../common/core/errors.js';
import { expectRejection } from '../../support/expect-error.js';
import { type Actions, CallWorld } from './call-world.js';

describe('a call under a policy', () => {
  let world: CallWorld;
  let ran: string[];
  beforeEach(() => {
    world = new CallWorld();
    ran = [];
  });
  afterEach(() => world.close());

  const call = (target: string, options = {}) => world.router.call(target, {}, options);
  const trail = () => world.router.guard.trail.list({});
  /** What was tried, call by call. */
  const tried = () =>
    trail().map(({ attempts }) => attempts.map(({ instance, code }) => `${instance} ${code || 'ok'}`.trim()));

  const answering = (name: string): Actions => ({
    say: () => {
      ran.push(name);
      return name;
    },
  });
  const silent = (name: string): Actions => ({
    say: () => {
      ran.push(name);
      return new Promise(() => undefined);
    },
  });
  const failing = (name: string): Actions => ({
    say: () => {
      ran.push(name);
      throw new MeshError('ACTION_FAILED', `${name} failed`);
    },
  });
  /** It is connected, which no time of a test has to hold as well. */
  const reached = async (instance: string) => {
    await expectRejection('UNKNOWN_METHOD', call(`${instance}.knock`));
  };
  /** The own machine always comes first. */
  const first = { strategy: 'first', localityWeight: 1_000 } as const;

  it('that may run twice is made again elsewhere when an attempt takes too long, and each attempt is told', async () => {
    await world.serve('vision@main', silent('main'));
    await world.serve('vision@pc2', answering('pc2'));
    for (const instance of ['vision@main', 'vision@pc2']) await reached(instance);
    world.rule({ match: { service: 'vision' }, ...first, attemptTimeoutMs: 200, idempotent: true });
    expect(await call('vision.say')).to.equal('pc2');
    expect(ran).to.deep.equal(['main', 'pc2']);
    expect(tried()).to.deep.equal([['vision@main TIMED_OUT', 'vision@pc2 ok']]);
    expect(trail()[0]).to.include({ service: 'vision', action: 'say', code: '', fallback: '' });
  });

  it('that must not run twice is not made again', async () => {
    await world.serve('vision@main', silent('main'));
    await world.serve('vision@pc2', answering('pc2'));
    await reached('vision@main');
    world.rule({ match: { service: 'vision' }, ...first, attemptTimeoutMs: 50, retries: 5 });
    await expectRejection('TIMED_OUT', call('vision.say'));
    expect(ran).to.deep.equal(['main']);
    expect(tried()).to.deep.equal([['vision@main TIMED_OUT']]);
  });

  it('leaves an instance alone as its breaker says, and is told when nobody is left', async () => {
    await world.serve('vision@main', silent('main'));
    await reached('vision@main');
    world.rule({
      match: { action: 'say' },
      timeoutMs: 50,
      breaker: { consecutiveFailures: 1, openMs: 60_000 },
    });
    await expectRejection('TIMED_OUT', call('vision.say'));
    await expectRejection('CIRCUIT_OPEN', call('vision.say'));
    expect(ran).to.have.length(1);
    expect(trail().map(({ code }) => code)).to.deep.equal(['TIMED_OUT', 'CIRCUIT_OPEN']);
    expect(tried()[1], 'it was not sent').to.deep.equal([]);
  });

  it('has the time and the repeats that its caller says, whatever the rules say', async () => {
    await world.serve('vision@main', silent('main'));
    await reached('vision@main');
    world.rule({ match: {}, timeoutMs: 600_000, retries: 5, idempotent: true, attemptTimeoutMs: 20 });
    await expectRejection('TIMED_OUT', call('vision.say', { timeoutMs: 5_000, retries: 1 }));
    expect(tried()).to.deep.equal([['vision@main TIMED_OUT', 'vision@main TIMED_OUT']]);
  });

  it('gets what stands in when the service fails, and its own mistakes back', async () => {
    await world.serve('vision@main', failing('vision'));
    await world.serve('small@main', answering('small'));
    world.rule({ match: { service: 'vision' }, fallback: { target: 'small.say' } });
    expect(await call('vision.say')).to.equal('small');
    expect(ran).to.deep.equal(['vision', 'small']);
    await expectRejection('UNKNOWN_METHOD', call('vision.sing'));
    await expectRejection('INVALID_INPUT', call('vision.say', { priority: 77 }));
    await expectRejection('NOT_FOUND', call('visoin.say'));
  });

  it('has one fallback and no chain of them', async () => {
    await world.serve('vision@main', failing('vision'));
    await world.serve('small@main', failing('small'));
    world.rule({ match: {}, fallback: { target: 'small.say' } });
    const error = await expectRejection('ACTION_FAILED', call('vision.say'));
    expect(error.message).to.equal('vision failed');
    expect(error.details?.['fallback']).to.include({ target: 'small.say', message: 'small failed' });
    expect(ran).to.deep.equal(['vision', 'small']);
    await expectRejection('ACTION_FAILED', call('small.say'));
    expect(ran, 'nobody stands in for himself').to.deep.equal(['vision', 'small', 'small']);
  });

  it('finds no more room than its bulkhead has', async () => {
    await world.serve('vision@main', silent('main'));
    await reached('vision@main');
    world.rule({ match: {}, timeoutMs: 50, bulkhead: { concurrency: 1 } });
    const [first, second] = await Promise.allSettled([call('vision.say'), call('vision@main.say')]);
    expect([first, second].map((end) => end?.status === 'rejected' && end.reason.code)).to.deep.equal([
      'TIMED_OUT',
      'OVERLOADED',
    ]);
    expect(ran).to.have.length(1);
  });

  it('obeys the rules that hold when it is made', async () => {
    await world.serve('vision@main', failing('vision'));
    const rule = (value: string) => world.rule({ match: {}, fallback: { value } });
    rule('one');
    expect(await call('vision.say')).to.equal('one');
    rule('two');
    expect(await call('vision.say')).to.equal('two');
    world.rule();
    await expectRejection('ACTION_FAILED', call('vision.say'));
  });

  it('leaves a trail, and one without a policy leaves none', async () => {
    await world.serve('vision@main', answering('main'));
    world.rule({ match: { service: 'audio' }, retries: 1 });
    expect(await call('vision.say')).to.equal('main');
    expect(trail()).to.deep.equal([]);
    world.rule({ match: { service: 'vision' }, retries: 1 });
    expect(await call('vision.say')).to.equal('main');
    expect(tried()).to.deep.equal([['vision@main ok']]);
  });
});
