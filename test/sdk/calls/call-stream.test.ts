/** Streams over real connections: where they go, what is read and said on them, and the ways in which one ends. */
import { expect } from 'chai';
import type { CallStream } from '../../../agents/sdk/calls/call.js';
import { MeshError } from '../../../common/core/errors.js';
import { expectRejection } from '../../support/expect-error.js';
import { until } from '../../support/wait-for.js';
import { type Actions, CallWorld } from './call-world.js';

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
