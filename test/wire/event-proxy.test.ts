/** The proxy of events: which ports it has, and that it gives them back. */
import { expect } from 'chai';
import { Router } from 'zeromq';
import { EventProxy } from '../../common/wire/events/event-proxy.js';
import { expectRejection } from '../support/expect-error.js';
import { until } from '../support/wait-for.js';
import { EventWorld } from './event-world.js';

describe('an event proxy', () => {
  it('says which of its ports is taken, and gives the other one back', async () => {
    const taken = new Router({ linger: 0 });
    await taken.bind('tcp://127.0.0.1:0');
    const subscribe = taken.lastEndpoint ?? '';
    const proxy = new EventProxy({ publish: 'tcp://127.0.0.1:0', subscribe }, 'the broker of pc2');
    const error = await expectRejection(
      'PORT_IN_USE',
      proxy.open(() => undefined),
    );
    expect(error.message).to.equal(`the broker of pc2 (subscribe) cannot listen on ${subscribe}: the port is taken`);
    await proxy.close();
    const next = new Router({ linger: 0 });
    await until(() =>
      next.bind(proxy.publishEndpoint).then(
        () => true,
        () => false,
      ),
    );
    next.close();
    taken.close();
  });

  it('can be closed without being opened, and twice', async () => {
    const world = new EventWorld();
    const proxy = await world.proxy();
    await proxy.close();
    await world.close();
    await new EventProxy({ publish: 'tcp://127.0.0.1:0', subscribe: 'tcp://127.0.0.1:0' }, 'x').close();
  });
});
