/** What an action knows of its call and its caller, over real sockets. */
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import { Type } from 'typebox';
import type { ActionContext } from '../../../agents/sdk/define-agent.js';
import { systemClock } from '../../../common/core/clock.js';
import { MeshError } from '../../../common/core/errors.js';
import { encodeRequest } from '../../../common/protocol/frames/envelope.js';
import { expectRejection } from '../../support/expect-error.js';
import { until } from '../../support/wait-for.js';
import { lines, nextAnswers } from '../../wire/wire-world.js';
import { ActionWorld, outcomes } from './action-world.js';

const TRACE = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

describe('an action', () => {
  let world: ActionWorld;
  afterEach(() => world.close());

  it('is refused input that breaks its schema, and its caller output that does, each with the place in the value', async () => {
    const Place = Type.Object({ at: Type.Object({ lines: Type.Array(Type.Integer()) }) });
    world = await ActionWorld.open({
      place: { input: Place, run: (input: unknown) => input },
      wrong: { output: Place, run: () => ({ at: { lines: [1, 'two'] } }) },
    });
    const client = world.client();
    const input = await expectRejection('INVALID_INPUT', world.ask(client, 'place', { at: { lines: [0, 1, 'x'] } }));
    expect(input.message).to.equal('the input of tester.place is not valid: /at/lines/2 must be integer');
    expect(input.details).to.deep.equal({ path: '/at/lines/2', rule: 'type' });
    const output = await expectRejection('INVALID_OUTPUT', world.ask(client, 'wrong'));
    expect(output.message).to.equal('the output of tester.wrong is not valid: /at/lines/1 must be integer');
    expect(world.failures, 'its author hears of it').to.have.length(1);
    expect(world.table.figures).to.deep.include.keys('place', 'wrong');
    expect(world.table.totals).to.deep.equal({ calls: 2, failures: 1 });
  });

  it('does not begin when its time is over before', async () => {
    let count = 0;
    world = await ActionWorld.open({ work: { run: () => ++count } });
    const dealer = world.dealer();
    await dealer.send(encodeRequest(1, 'work', {}, { timeoutMs: 0 }));
    expect(lines(await nextAnswers(dealer))).to.deep.equal(['1 EXPIRED']);
    expect(count).to.equal(0);
  });

  it('knows its caller, its trace and the time that is left', async () => {
    world = await ActionWorld.open({
      tell: {
        run: (_: unknown, { from, trace, remainingMs, agent }: ActionContext) => ({
          from,
          trace,
          agent,
          remaining: remainingMs() > 0,
        }),
      },
      left: { run: (_: unknown, call: ActionContext) => ({ left: call.remainingMs() }) },
    });
    const client = world.client();
    expect(await world.ask(client, 'tell', {}, { from: 'asker@pc2', trace: TRACE })).to.deep.equal({
      from: 'asker@pc2',
      trace: TRACE,
      agent: 'agent',
      remaining: true,
    });
    const { left } = (await world.ask(client, 'left', {}, { timeoutMs: 20_000 })) as { left: number };
    expect(left).to.be.within(1, 20_000);
    const dealer = world.dealer();
    await dealer.send(encodeRequest(1, 'left', {}));
    expect(await nextAnswers(dealer)).to.deep.include({
      kind: 'reply',
      id: 1,
      body: { left: Number.POSITIVE_INFINITY },
    });
  });

  describe('that looks at the signal of its call', () => {
    const ended: unknown[] = [];
    const open = async () => {
      ended.length = 0;
      world = await ActionWorld.open({
        wait: {
          run: async (_: unknown, { signal }: ActionContext) => {
            await world.gates.hold('begun');
            if (!signal.aborted) await once(signal, 'abort');
            ended.push((signal.reason as MeshError).code);
            signal.throwIfAborted();
          },
        },
        sleep: {
          run: async (_: unknown, { signal }: ActionContext) => {
            await pause(60_000, undefined, { signal });
          },
        },
        look: { run: async (_: unknown, { signal }: ActionContext) => ({ aborted: signal.aborted }) },
      });
      return world.client();
    };

    it('hears that its caller gave up, and is no failure for that', async () => {
      const client = await open();
      const giving = new AbortController();
      const given = client.send('wait', {}, { signal: giving.signal });
      await until(() => world.gates.names.length === 1);
      world.gates.openAll();
      giving.abort();
      await expectRejection('INTERRUPTED', given);
      await until(() => ended.length === 1);
      expect(ended).to.deep.equal(['INTERRUPTED']);
      await until(() => world.table.figures['wait']?.running === 0);
      expect(world.table.figures['wait']).to.include({ givenUp: 1, failures: 0 });
      expect(world.failures).to.deep.equal([]);
    });

    it('hears it though it looks only afterwards', async () => {
      const client = await open();
      const giving = new AbortController();
      const given = client.send('wait', {}, { signal: giving.signal });
      await until(() => world.gates.names.length === 1);
      giving.abort();
      await expectRejection('INTERRUPTED', given);
      await until(() => world.server.counters.cancels === 1);
      world.gates.openAll();
      await until(() => ended.length === 1);
      expect(ended).to.deep.equal(['INTERRUPTED']);
    });

    it('ends what the platform does for it', async () => {
      const client = await open();
      const giving = new AbortController();
      const given = client.send('sleep', {}, { signal: giving.signal });
      await until(() => world.table.figures['sleep']?.running === 1);
      giving.abort();
      await expectRejection('INTERRUPTED', given);
      await until(() => world.table.figures['sleep']?.running === 0);
      expect(world.table.figures['sleep']).to.include({ givenUp: 1, failures: 0 });
    });

    it('hears that its caller has gone', async () => {
      await open();
      const client = world.client();
      const lost = expectRejection('CLOSED', world.ask(client, 'wait'));
      await until(() => world.gates.names.length === 1);
      world.gates.openAll();
      client.close();
      await lost;
      await until(() => ended.length === 1);
      expect(ended).to.deep.equal(['CONNECTION_LOST']);
    });

    it('hears that the time of its call is over', async () => {
      await open();
      const dealer = world.dealer();
      await dealer.send(encodeRequest(1, 'wait', {}, { timeoutMs: 40 }));
      await until(() => world.gates.names.length === 1);
      world.gates.openAll();
      await until(() => ended.length === 1);
      expect(ended).to.deep.equal(['TIMED_OUT']);
    });

    it('hears that its agent stops', async () => {
      const client = await open();
      const stopped = expectRejection('INTERRUPTED', world.ask(client, 'wait'));
      await until(() => world.gates.names.length === 1);
      world.gates.openAll();
      await until(() => world.server.watchedCount === 1);
      world.table.abort(new MeshError('INTERRUPTED', 'tester is stopping'));
      await stopped;
      expect(ended).to.deep.equal(['INTERRUPTED']);
    });

    it('leaves nothing behind when it has answered', async () => {
      const client = await open();
      await Promise.all(Array.from({ length: 100 }, () => world.ask(client, 'look')));
      await until(() => world.server.watchedCount === 0);
      expect(world.table.watchedCount).to.equal(0);
    });
  });

  it('tells the calls that it makes of its end, and nothing any more once it has answered', async () => {
    const told: string[] = [];
    let holdsUp = true;
    world = await ActionWorld.open({
      ask: {
        run: async (_: unknown, context: ActionContext) => {
          await context.call('other.one');
          world.nested.at(-1)?.[3].onEnd?.(({ code }) => told.push(code));
          if (holdsUp) await world.gates.hold('begun');
        },
      },
    });
    const giving = new AbortController();
    const given = world.client().send('ask', {}, { signal: giving.signal });
    await until(() => world.gates.names.length === 1);
    giving.abort();
    await expectRejection('INTERRUPTED', given);
    await until(() => told.length === 1);
    holdsUp = false;
    await world.ask(world.client(), 'ask');
    world.table.abort(new MeshError('INTERRUPTED'));
    expect(told).to.deep.equal(['INTERRUPTED']);
    const [, , , late] = world.nested[0] ?? [];
    late?.onEnd?.(() => told.push('late'));
    expect(told, 'who comes late is told at once').to.have.length(2);
    expect(world.table.watchedCount).to.equal(0);
  });

  it('passes time, end and trace on to what it calls, also with a function that was taken out', async () => {
    world = await ActionWorld.open({
      ask: {
        run: async (_: unknown, context: ActionContext) => {
          const { call } = context;
          await context.call('other.one', { n: 1 });
          await call('other.two');
        },
      },
    });
    await world.ask(world.client(), 'ask', {}, { timeoutMs: 10_000, trace: TRACE });
    expect(world.nested.map(([target, input]) => [target, input])).to.deep.equal([
      ['other.one', { n: 1 }],
      ['other.two', {}],
    ]);
    for (const [, , , origin] of world.nested) {
      expect(origin.trace).to.equal(TRACE);
      expect(origin.remainingMs()).to.be.within(0, 10_000);
      expect(origin.signal).to.be.instanceOf(AbortSignal);
    }
  });

  it('marks what is emitted and reported within it with its trace, also with a function that was taken out', async () => {
    world = await ActionWorld.open({
      note: {
        run: async (_: unknown, { emit, emitBatch, report }: ActionContext) => {
          await emit('notes', { n: 1 });
          await emitBatch([{ stream: 'metrics', body: 1 }]);
          await report(new Error('half of it failed'));
        },
      },
    });
    await world.ask(world.client(), 'note', {}, { trace: TRACE });
    expect(world.emitted).to.deep.equal([
      { streams: ['notes'], trace: TRACE },
      { streams: ['metrics'], trace: TRACE },
      { streams: ['errors'], trace: TRACE },
    ]);
  });

  it('never says that it did not run: what it came upon did not, it had begun', async () => {
    world = await ActionWorld.open({
      relay: {
        run: () => {
          throw new MeshError('UNREACHABLE', 'no instance of other serves', {
            hint: 'wait',
            details: { near: 'others' },
          });
        },
      },
    });
    const error = await expectRejection('UNREACHABLE', world.ask(world.client(), 'relay'));
    expect(error.retryable).to.equal(false);
    expect(error.toBody()).to.deep.equal({
      code: 'UNREACHABLE',
      message: 'no instance of other serves',
      hint: 'wait',
      details: { near: 'others', ran: true },
    });
  });

  it('tells its author what it threw, and its caller the message', async () => {
    world = await ActionWorld.open({ fail: { run: () => Promise.reject(new TypeError('no such key')) } });
    const error = await expectRejection('ACTION_FAILED', world.ask(world.client(), 'fail'));
    expect(error.message).to.equal('tester.fail failed: no such key');
    expect(world.failures).to.have.length(1);
    expect(world.failures[0]).to.be.instanceOf(TypeError);
  });

  it('is counted, and timed unless nobody wants that', async () => {
    const actions = { quick: { run: async () => pause(2) } };
    world = await ActionWorld.open(actions);
    const client = world.client();
    await Promise.all([1, 2, 3].map(() => world.ask(client, 'quick')));
    expect(world.table.figures['quick']).to.include({ calls: 3, failures: 0, running: 0 });
    expect(world.table.figures['quick']?.p50Ms).to.be.greaterThan(1);
    await world.close();
    world = await ActionWorld.open(actions, false);
    await world.ask(world.client(), 'quick');
    expect(world.table.figures['quick']).to.include({ calls: 1 }).and.not.have.property('p50Ms');
  });

  it('times only some of very many calls', async () => {
    world = await ActionWorld.open({ quick: { run: () => ({}) } });
    const client = world.client();
    await Promise.all(Array.from({ length: 500 }, () => world.ask(client, 'quick')));
    const timed = world.table.figures['quick'];
    expect(timed).to.include({ calls: 500 });
    expect(timed?.maxMs).to.be.greaterThan(0);
  });
});

/** So long is a call held after a standstill. */
const HELD_MS = 100;
const TRIES_MAX = 20;

describe('an agent that stood still', () => {
  let world: ActionWorld;
  afterEach(() => world.close());

  it('begins only what somebody still waits for', async () => {
    const begun: string[] = [];
    world = await ActionWorld.open({
      work: {
        input: Type.Object({ name: Type.String() }),
        run: ({ name }: { name: string }) => {
          begun.push(name);
          return {};
        },
      },
    });
    const client = world.client();
    await world.ask(client, 'work', { name: 'before' });
    // The word that somebody has given up must be read while his call is held: where this process is late itself, nothing is proved.
    let isProved = false;
    for (let round = 1, cancels = 0; !isProved; round++) {
      expect(round, 'tries').to.be.at.most(TRIES_MAX);
      begun.length = 0;
      const startedMs = performance.now();
      world.table.onBeat(systemClock.monotonicMs(), 2_000);
      const giving = new AbortController();
      const given = client.send('work', { name: 'given up' }, { signal: giving.signal });
      const kept = world.ask(client, 'work', { name: 'kept' });
      await until(() => world.server.counters.requests >= 2 * round + 1);
      giving.abort();
      const isGivenUp = (await outcomes([given]))[0] === 'INTERRUPTED';
      if (isGivenUp) cancels++;
      await until(() => world.server.counters.cancels === cancels);
      isProved = isGivenUp && performance.now() - startedMs < HELD_MS;
      await kept;
      if (isProved) expect(begun).to.deep.equal(['kept']);
      expect(world.table.counters).to.include({ stalls: round });
    }
  });

  it('begins at once again when it has gone on for a while', async () => {
    world = await ActionWorld.open({ work: { run: () => ({}) } });
    const client = world.client();
    world.table.onBeat(systemClock.monotonicMs(), 2_000);
    await until(async () => {
      const startedMs = performance.now();
      await world.ask(client, 'work');
      return performance.now() - startedMs < 50;
    });
  });
});
