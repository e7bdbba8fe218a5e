/** Calls over real connections: where they go, what becomes of them when something fails, and that nothing is left behind. */
import { expect } from 'chai';
import type { CallStream } from '../../../agents/sdk/calls/call.js';
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

describe('a stream', () => {
  let world: CallWorld;
  beforeEach(() => {
    world = new CallWorld();
  });
  afterEach(() => world.close());

  const read = async (stream: CallStream): Promise<unknown[]> => {
    const items: unknown[] = [];
    for await (const item of stream) items.push(item);
    return items;
  };
  const three: Actions = {
    count: async (_input, _meta, { stream }) => {
      for (let i = 1; i <= 3; i++) await stream?.push(i);
      return 'done';
    },
  };

  it('tells what its action yields, and then what it returned', async () => {
    await world.serve('echo@main', three);
    const stream = world.router.stream('echo.count', {});
    expect(await read(stream)).to.deep.equal([1, 2, 3]);
    expect(await stream.result).to.equal('done');
  });

  it('waits for somebody to serve it, and says who there is when nobody comes', async () => {
    world.tell('echo@main', { state: 'starting' });
    const stream = world.router.stream('echo.count', {});
    const items = read(stream);
    await until(() => world.router.waitingCount === 1);
    await world.serve('echo@main', three, { state: 'ready', epoch: 2 });
    expect(await items).to.deep.equal([1, 2, 3]);
    world.tell('none@main', { state: 'backoff' });
    await world.heard();
    const error = await expectRejection('UNREACHABLE', read(world.router.stream('none.count', {}, { timeoutMs: 40 })));
    expect(error.message).to.equal('no instance of "none" serves: none@main is backoff');
  });

  it('is opened elsewhere when it was refused before it ran', async () => {
    await world.serve('echo@main', {
      count: () => {
        throw new MeshError('OVERLOADED');
      },
    });
    await world.serve('echo@pc2', three, { state: 'busy' });
    const stream = world.router.stream('echo.count', {});
    expect(await read(stream)).to.deep.equal([1, 2, 3]);
    expect(await stream.result).to.equal('done');
  });

  it('is steered by what is sent on it', async () => {
    await world.serve('echo@main', {
      echo: async (_input, _meta, { stream }) => {
        for await (const said of stream?.inbox ?? []) {
          if (said === 'end') return 'ended';
          await stream?.push(said);
        }
        return 'left';
      },
    });
    const stream = world.router.stream('echo.echo', {});
    const items = stream[Symbol.asyncIterator]();
    await stream.send('one');
    expect(await items.next()).to.deep.equal({ done: false, value: 'one' });
    await stream.send('end');
    expect(await stream.result).to.equal('ended');
  });

  it('is given up by leaving its loop, and its callee hears of that', async () => {
    let abandoned = '';
    await world.serve('echo@main', {
      forever: async (_input, _meta, request) => {
        request.onAbandoned(({ code }) => {
          abandoned = code;
        });
        for (let i = 0; request.abandoned === undefined; i++) await request.stream?.push(i);
        return 'never read';
      },
    });
    const stream = world.router.stream('echo.forever', {});
    for await (const item of stream) if (item === 5) break;
    await expectRejection('INTERRUPTED', stream.result);
    await until(() => abandoned === 'INTERRUPTED');
  });

  it('that somebody else gives up does not look as if it were whole', async () => {
    await world.serve('echo@main', {
      wait: async (_input, _meta, { stream }) => {
        await stream?.push(1);
        return new Promise(() => undefined);
      },
    });
    const ending = new AbortController();
    const stream = world.router.stream('echo.wait', {}, { signal: ending.signal });
    const items = stream[Symbol.asyncIterator]();
    expect((await items.next()).value).to.equal(1);
    const next = items.next();
    ending.abort();
    await expectRejection('INTERRUPTED', next as Promise<unknown>);
  });

  it('whose agent dies says so, in the iteration and in the result', async () => {
    await world.serve('echo@main', {
      wait: async (_input, _meta, { stream }) => {
        await stream?.push(1);
        return new Promise(() => undefined);
      },
    });
    const stream = world.router.stream('echo.wait', {});
    const items = stream[Symbol.asyncIterator]();
    await items.next();
    world.tell('echo@main', { state: 'failed' });
    await expectRejection('AGENT_CRASHED', items.next() as Promise<unknown>);
    await expectRejection('AGENT_CRASHED', stream.result);
  });

  it('that cannot be asked for says so where it is read', async () => {
    await expectRejection('INVALID_INPUT', read(world.router.stream('no target', {})));
    await expectRejection('NOT_FOUND', read(world.router.stream('nobody.count', {})));
  });
});
