/** An action that runs only so many calls at once, over real sockets: who waits, who is turned away, and what each is told. */
import { expect } from 'chai';
import { Type } from 'typebox';
import type { ActionContext } from '../../../agents/sdk/define-agent.js';
import { limits } from '../../../common/core/limits.js';
import { encodeRequest } from '../../../common/protocol/frames/envelope.js';
import { expectRejection } from '../../support/expect-error.js';
import { until } from '../../support/wait-for.js';
import { nextAnswers } from '../../wire/wire-world.js';
import { ActionWorld, outcomes } from './action-world.js';

const Named = Type.Object({ name: Type.String() });

describe('an action with a bound on how many run', () => {
  let world: ActionWorld;
  /** In the order in which they began. */
  let begun: string[];
  const open = async (bounds: { concurrency: number; queueMax?: number; queueAgeMsMax?: number }) => {
    world = await ActionWorld.open({
      work: {
        ...bounds,
        input: Named,
        run: async ({ name }: { name: string }) => {
          begun.push(name);
          await world.gates.hold(name);
          return { name };
        },
      },
    });
    return world.client();
  };
  const figures = () => world.table.figures['work'];

  beforeEach(() => {
    begun = [];
  });
  afterEach(() => world.close());

  it('runs as many as it says, and answers all of them', async () => {
    const client = await open({ concurrency: 2 });
    const names = ['a', 'b', 'c', 'd', 'e'];
    const answers = Promise.all(names.map((name) => world.ask(client, 'work', { name })));
    await until(() => figures()?.waiting === 3);
    expect(begun).to.deep.equal(['a', 'b']);
    for (const name of ['b', 'a', 'c', 'd']) {
      world.gates.open(name);
      await until(() => world.gates.names.length === 2 || begun.length === 5);
    }
    world.gates.openAll();
    expect(await answers).to.deep.equal(names.map((name) => ({ name })));
    expect(begun).to.deep.equal(names);
    expect(figures()).to.include({ calls: 5, running: 0, waiting: 0, refused: 0 });
  });

  it('serves by priority, and equals in their order', async () => {
    const client = await open({ concurrency: 1 });
    const asked = [
      ['first', 5],
      ['late', 9],
      ['e', undefined],
      ['f', 5],
      ['b', 1],
      ['a', 0],
    ] as const;
    const answers = asked.map(([name, priority]) =>
      world.ask(client, 'work', { name }, priority === undefined ? {} : { priority }),
    );
    await until(() => figures()?.waiting === 5);
    for (let count = 1; count <= asked.length; count++) {
      await until(() => begun.length === count);
      world.gates.open();
    }
    await Promise.all(answers);
    expect(begun).to.deep.equal(['first', 'a', 'b', 'e', 'f', 'late']);
  });

  it('turns away what does not fit its queue, and says when to ask again', async () => {
    const client = await open({ concurrency: 1, queueMax: 1 });
    const kept = ['running', 'waiting'].map((name) => world.ask(client, 'work', { name }));
    const error = await expectRejection('OVERLOADED', world.ask(client, 'work', { name: 'refused' }));
    expect(error.retryable).to.equal(true);
    expect(error.details?.['retryAfterMs']).to.be.within(limits.retryAfterMsMin, limits.retryAfterMsMax);
    world.gates.open();
    await until(() => begun.length === 2);
    world.gates.open();
    expect(await outcomes(kept)).to.deep.equal(['ok', 'ok']);
    expect(figures()).to.include({ refused: 1 });
  });

  it('prefers who is more urgent when it is full', async () => {
    const client = await open({ concurrency: 1, queueMax: 1 });
    const running = world.ask(client, 'work', { name: 'running' });
    const patient = world.ask(client, 'work', { name: 'patient' }, { priority: 6 });
    const urgent = world.ask(client, 'work', { name: 'urgent' }, { priority: 2 });
    await expectRejection('OVERLOADED', patient);
    world.gates.open();
    await until(() => begun.length === 2);
    world.gates.open();
    expect(await outcomes([running, urgent])).to.deep.equal(['ok', 'ok']);
    expect(begun).to.deep.equal(['running', 'urgent']);
  });

  it('turns away what has waited too long, while nothing ends', async () => {
    const client = await open({ concurrency: 1, queueAgeMsMax: 20 });
    const running = world.ask(client, 'work', { name: 'running' });
    const error = await expectRejection('OVERLOADED', world.ask(client, 'work', { name: 'aged' }));
    expect(error.message).to.contain('longer than the 20 ms');
    expect(begun).to.deep.equal(['running']);
    world.gates.open();
    await running;
  });

  it('never begins what ran out of its time in the queue, and says that it did not run', async () => {
    const client = await open({ concurrency: 1 });
    const running = world.ask(client, 'work', { name: 'running' });
    await until(() => begun.length === 1);
    // A peer that waits longer than it says.
    const dealer = world.dealer();
    await dealer.send(encodeRequest(1, 'work', { name: 'late' }, { timeoutMs: 30 }));
    const [answer] = await nextAnswers(dealer);
    expect(answer?.kind === 'error' && answer.error.code).to.equal('EXPIRED');
    world.gates.open();
    await running;
    expect(begun).to.deep.equal(['running']);
    expect(figures()).to.include({ refused: 1, waiting: 0 });
  });

  it('gives the place of a call that was given up to the next', async () => {
    const client = await open({ concurrency: 1, queueMax: 1 });
    const running = world.ask(client, 'work', { name: 'running' });
    const giving = new AbortController();
    const given = client.send('work', { name: 'given up' }, { signal: giving.signal });
    await until(() => figures()?.waiting === 1);
    giving.abort();
    await expectRejection('INTERRUPTED', given);
    await until(() => figures()?.waiting === 0);
    const next = world.ask(client, 'work', { name: 'next' });
    await until(() => figures()?.waiting === 1);
    world.gates.open();
    await until(() => begun.length === 2);
    world.gates.open();
    expect(await outcomes([running, next])).to.deep.equal(['ok', 'ok']);
    expect(begun).to.deep.equal(['running', 'next']);
    expect(figures()).to.include({ givenUp: 1, running: 0 });
  });

  it('gives the places of a caller that has gone to others', async () => {
    const client = await open({ concurrency: 1 });
    const running = world.ask(client, 'work', { name: 'running' });
    await until(() => begun.length === 1);
    const gone = world.client();
    const lost = outcomes([world.ask(gone, 'work', { name: 'lost' }), world.ask(gone, 'work', { name: 'lost too' })]);
    await until(() => figures()?.waiting === 2);
    gone.close();
    expect(await lost).to.deep.equal(['CLOSED', 'CLOSED']);
    await until(() => figures()?.waiting === 0);
    world.gates.open();
    await running;
    expect(begun).to.deep.equal(['running']);
  });

  it('tells who waited how long that was, and who asks how long it ran', async () => {
    await open({ concurrency: 1 });
    const dealer = world.dealer();
    const timings = async (): Promise<Record<string, number> | undefined> => {
      const [answer] = await nextAnswers(dealer);
      return answer?.kind === 'reply' ? { ...answer.timings } : undefined;
    };
    await dealer.send(encodeRequest(1, 'work', { name: 'first' }));
    await dealer.send(encodeRequest(2, 'work', { name: 'second' }));
    await until(() => figures()?.waiting === 1);
    world.gates.open();
    expect(await timings(), 'not asked for, and did not wait').to.deep.equal({});
    await until(() => begun.length === 2);
    world.gates.open();
    expect((await timings())?.['queueMs']).to.be.greaterThan(0);
    await dealer.send(encodeRequest(3, 'work', { name: 'third' }, { timings: true }));
    await until(() => begun.length === 3);
    world.gates.open();
    const asked = await timings();
    expect(asked?.['queueMs']).to.equal(0);
    expect(asked?.['runMs']).to.be.greaterThan(0);
  });

  it('frees its places though actions throw, yield or answer at once', async () => {
    const actions = {
      throws: {
        concurrency: 1,
        run: () => {
          throw new Error('at once');
        },
      },
      rejects: { concurrency: 1, run: () => Promise.reject(new Error('later')) },
      answers: { concurrency: 1, run: () => ({}) },
      yields: {
        concurrency: 1,
        async *run() {
          yield 1;
        },
      },
      breaks: { concurrency: 1, output: Named, run: () => ({ name: 1 }) },
    };
    world = await ActionWorld.open(actions);
    const client = world.client();
    for (const name of Object.keys(actions)) {
      const ends = await outcomes([1, 2, 3].map(() => world.ask(client, name)));
      expect(new Set(ends).size, name).to.equal(1);
      expect(world.table.figures[name]).to.include({ calls: 3, running: 0, waiting: 0 });
    }
  });

  it('survives a flood: each call is answered or refused, and nothing stays behind', async () => {
    world = await ActionWorld.open({
      quick: { concurrency: 4, queueMax: 50, run: async (_: unknown, { from }: ActionContext) => ({ from }) },
    });
    const client = world.client();
    const ends = await outcomes(Array.from({ length: 2_000 }, () => world.ask(client, 'quick')));
    expect(new Set(ends)).to.have.all.keys('ok', 'OVERLOADED');
    const counts = world.table.figures['quick'];
    expect(counts).to.include({ calls: 2_000, running: 0, waiting: 0 });
    expect(counts?.refused).to.equal(ends.filter((end) => end === 'OVERLOADED').length);
    expect(client.pendingCount).to.equal(0);
    await until(() => world.server.watchedCount === 0);
  });
});
