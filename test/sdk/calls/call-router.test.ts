/** Calls over real connections: what becomes of them when something fails, and that nothing is left behind. */
import { expect } from 'chai';
import { MeshError } from '../../../common/core/errors.js';
import { expectRejection } from '../../support/expect-error.js';
import { until } from '../../support/wait-for.js';
import { type Actions, CallWorld } from './call-world.js';

describe('a call', () => {
  let world: CallWorld;
  /** Endings of calls that `hold` holds. */
  let held: ((answer: unknown) => void)[];
  beforeEach(() => {
    world = new CallWorld();
    held = [];
  });
  afterEach(async () => {
    for (const end of held) end('too late');
    await world.close();
  });

  const hold = () => new Promise((resolve) => held.push(resolve));
  const call = (target: string, options = {}, input: unknown = {}) => world.router.call(target, input, options);
  const named = (name: string): Actions => ({ say: () => name, hold });

  describe('whose instance ends', () => {
    /** Two instances; calls go to the first while it is ready. */
    const two = async (rest = {}) => {
      await world.serve('echo@main', named('main'), rest);
      await world.serve('echo@pc2', { say: () => 'pc2', hold: () => 'pc2' }, { ...rest, state: 'busy' });
      await call('echo.say');
    };

    it('fails with AGENT_CRASHED the moment the registry says so', async () => {
      await two();
      const answer = call('echo.hold');
      await until(() => held.length === 1);
      world.tell('echo@main', { state: 'backoff' });
      const error = await expectRejection('AGENT_CRASHED', answer);
      expect(error.message).to.equal('echo@main ended while it held hold; it is backoff now');
    });

    it('is re-routed when it has a key, or when its action may run twice', async () => {
      await two({ idempotent: ['hold'] });
      const answers = [call('echo.hold'), call('echo.hold')];
      await until(() => held.length === 2);
      world.tell('echo@main', { epoch: 2, control: 'tcp://127.0.0.1:1', state: 'starting' });
      expect(await Promise.all(answers)).to.deep.equal(['pc2', 'pc2']);
      expect(world.router.counters).to.include({ callRepeats: 2, callCrashes: 2 });
    });

    it('with a key goes to where its answer would be, while that lives', async () => {
      await two();
      const keys = Array.from({ length: 40 }, (_, i) => `key ${i}`);
      const where = () => Promise.all(keys.map((idempotencyKey) => call('echo.say', { idempotencyKey })));
      const first = await where();
      expect(new Set(first)).to.deep.equal(new Set(['main', 'pc2']));
      expect(await where()).to.deep.equal(first);
      const key = keys[first.indexOf('main')] as string;
      const answer = call('echo.hold', { idempotencyKey: key });
      await until(() => held.length === 1);
      world.tell('echo@main', { state: 'failed' });
      expect(await answer).to.equal('pc2');
    });

    it('waits for the next incarnation when there is no other instance, and may have run', async () => {
      await world.serve('echo@main', named('old'));
      await call('echo.say');
      const answer = call('echo.hold', { idempotencyKey: 'k' });
      const late = call('echo.hold', { idempotencyKey: 'l', timeoutMs: 500 });
      await until(() => held.length === 2);
      world.tell('echo@main', { state: 'backoff', control: '' });
      await until(() => world.router.waitingCount === 2);
      await expectRejection('AGENT_CRASHED', late);
      await world.serve('echo@main', { hold: () => 'new' }, { epoch: 2, state: 'ready' });
      expect(await answer).to.equal('new');
    });
  });

  describe('that was refused before it ran', () => {
    const refuse =
      (code: 'OVERLOADED' | 'CLOSED' | 'UNREACHABLE', details = {}) =>
      () => {
        throw new MeshError(code, 'not now', { details });
      };

    it('goes elsewhere', async () => {
      await world.serve('echo@main', { say: refuse('OVERLOADED') });
      await world.serve('echo@pc2', named('pc2'), { state: 'busy' });
      expect(await call('echo.say')).to.equal('pc2');
      expect(world.router.counters).to.include({ callRepeats: 1 });
    });

    it('is made again after a while where there is nobody else, and then says what it was told', async () => {
      let refusals = 2;
      const say = () => (refusals-- > 0 ? refuse('UNREACHABLE')() : 'at last');
      await world.serve('echo@main', { say, never: refuse('OVERLOADED', { retryAfterMs: 5 }) });
      expect(await call('echo.say')).to.equal('at last');
      expect((await expectRejection('OVERLOADED', call('echo.never'))).message).to.equal('not now');
    });

    it('is not made again when it is not to be, or when its action threw that', async () => {
      let count = 0;
      const say = () => {
        count++;
        return refuse('UNREACHABLE', { ran: true })();
      };
      await world.serve('echo@main', { say, shed: refuse('OVERLOADED') });
      await expectRejection('UNREACHABLE', call('echo.say'));
      expect(count).to.equal(1);
      await expectRejection('OVERLOADED', call('echo.shed', { retries: 0 }));
      expect(world.router.counters).to.include({ callRepeats: 0 });
    });

    it('is not made again beyond the budget of its service', async () => {
      world.rule({ match: {}, retryBudget: { ratio: 0, minPerSecond: 0.02 } });
      await world.serve('echo@main', { say: refuse('OVERLOADED', { retryAfterMs: 1 }) });
      await expectRejection('OVERLOADED', call('echo.say', { retries: 10 }));
      expect(world.router.counters).to.include({ callRepeats: 2 });
    });
  });

  it('that fails is not made again, and costs its instance nothing', async () => {
    let count = 0;
    const say = () => {
      count++;
      throw new MeshError('ACTION_FAILED', 'it threw');
    };
    await world.serve('echo@main', { say });
    for (let i = 0; i < 30; i++) await expectRejection('ACTION_FAILED', call('echo.say', { idempotencyKey: `${i}` }));
    expect(count).to.equal(30);
  });

  it('meets an open breaker when its instance kept silent too often, and opens it again by being answered', async () => {
    world.rule({ match: {}, breaker: { consecutiveFailures: 3, openMs: 500 } });
    await world.serve('echo@main', { ...named('main') });
    await call('echo.say'); // connected: an attempt that never left is no silence
    const silent = Array.from({ length: 3 }, () => call('echo.hold', { timeoutMs: 20 }));
    for (const answer of silent) await expectRejection('TIMED_OUT', answer);
    const error = await expectRejection('CIRCUIT_OPEN', call('echo.say'));
    expect(error.message).to.equal('echo.say was not called: echo@main failed too often just now');
    await until(async () => (await call('echo.say').catch(() => '')) === 'main');
    expect(await call('echo.say')).to.equal('main');
  });

  it('whose connection breaks learns that the agent died, or that it was the connection alone', async () => {
    const server = await world.serve('echo@main', named('main'));
    await call('echo.say');
    const [crashed, lost] = [call('echo.hold'), call('echo.hold', { timeoutMs: 120 })];
    await until(() => held.length === 2);
    for (const end of held.splice(0)) setTimeout(end, 400);
    void server.close(); // its last answers never come within what is left
    await expectRejection('TIMED_OUT', lost);
    world.tell('echo@main', { state: 'failed' });
    await expectRejection('AGENT_CRASHED', crashed);
  });

  it('in the action of another one ends with it, and has no more time than that', async () => {
    let meta: unknown;
    await world.serve('echo@main', {
      ...named('main'),
      tell: (_, told) => {
        meta = told;
        return 'told';
      },
    });
    const ending = new AbortController();
    const origin = { remainingMs: () => 700, signal: ending.signal, trace: '00-1-2-01' };
    expect(await world.router.call('echo.tell', {}, { timeoutMs: 60_000, priority: 2 }, origin)).to.equal('told');
    expect(meta).to.deep.equal({ timeoutMs: 700, from: 'caller@main', priority: 2, trace: '00-1-2-01' });
    const answer = world.router.call('echo.hold', {}, undefined, origin);
    await until(() => held.length === 1);
    ending.abort();
    await expectRejection('INTERRUPTED', answer);
    await expectRejection(
      'EXPIRED',
      world.router.call('echo.say', {}, {}, { ...origin, remainingMs: () => 0, signal: new AbortController().signal }),
    );
  });

  it('is made at once when agents are known: no turn is taken before it is on its way', async () => {
    await world.serve('echo@main', named('main'));
    await call('echo.say');
    const answers = Array.from({ length: 1_000 }, () => call('echo.say'));
    expect(world.router.pendingCount).to.equal(1_000);
    await Promise.all(answers);
    expect(world.router.pendingCount).to.equal(0);
  });

  it('ten thousand times to a machine that is dead: each has its error, and nothing is left', async () => {
    world.tell('echo@pc9', { reachable: false, control: 'tcp://127.0.0.1:9' });
    const codes = new Map<string, number>();
    const note = (error: MeshError) => codes.set(error.code, (codes.get(error.code) ?? 0) + 1);
    await Promise.all(Array.from({ length: 10_000 }, () => call('echo.say', { timeoutMs: 100 }).catch(note)));
    expect([...codes.values()].reduce((sum, count) => sum + count, 0)).to.equal(10_000);
    expect([...codes.keys()].sort()).to.deep.equal(['UNREACHABLE']);
    await expectRejection('CIRCUIT_OPEN', call('echo.say'));
    expect([world.router.pendingCount, world.router.waitingCount]).to.deep.equal([0, 0]);
  });
});
