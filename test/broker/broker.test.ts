import { join } from 'node:path';
import { expect } from 'chai';
import { Broker } from '../../broker/broker.js';
import type { BrokerOptions } from '../../broker/options.js';
import { systemClock } from '../../common/core/clock.js';
import { EventPublisher } from '../../common/wire/events/event-publisher.js';
import { EventSubscriber } from '../../common/wire/events/event-subscriber.js';
import { table } from '../registry/world.js';
import { expectRejection } from '../support/expect-error.js';
import { PlainRequester } from '../support/fakes/plain-requester.js';
import { until } from '../support/wait-for.js';
import { ANY_PORT, Chain, connect, silentLog, temporaryFolder } from './world.js';

describe('broker', () => {
  const folder = temporaryFolder();
  const opened: Broker[] = [];
  let stopRequests = 0;

  const relayOptions: BrokerOptions = {
    machine: 'pc2',
    epoch: 5,
    bind: { broker: ANY_PORT, publish: ANY_PORT, subscribe: ANY_PORT },
    central: undefined,
    logLevel: undefined,
  };
  const centralOptions = (): BrokerOptions => ({
    ...relayOptions,
    machine: 'main',
    central: { registry: ANY_PORT, log: ANY_PORT, logFile: join(folder.path, 'mesh.db') },
  });

  function create(options: BrokerOptions): Broker {
    const broker = new Broker(options, {
      clock: systemClock,
      log: silentLog,
      onFatal: (error) => {
        throw error;
      },
      onStopRequest: () => {
        stopRequests++;
      },
    });
    opened.push(broker);
    return broker;
  }

  async function open(options: BrokerOptions): Promise<Broker> {
    const broker = create(options);
    await broker.open();
    return broker;
  }

  afterEach(async () => {
    for (const broker of opened.splice(0)) await broker.close();
  });
  after(() => folder.remove());

  it('answers ping, info, health and stop on each of its sockets', async () => {
    const { endpoints } = await open(centralOptions());
    stopRequests = 0;
    for (const endpoint of [endpoints.broker, endpoints.registry, endpoints.log]) {
      const plain = new PlainRequester(endpoint ?? '');
      expect(await plain.ask('mesh.ping')).to.deep.include({ name: 'broker', machine: 'main', epoch: 5 });
      const info = await plain.ask('mesh.info');
      expect(info).to.deep.include({ pid: process.pid, protocol: 1, capabilities: ['events', 'registry', 'log'] });
      expect(info)
        .to.have.property('version')
        .that.matches(/^\d+\.\d+\.\d+/);
      expect(await plain.ask('mesh.health')).to.deep.include({ state: 'ready' });
      expect(await plain.ask('mesh.stop')).to.deep.equal({ stopping: true });
      plain.close();
    }
    await until(() => stopRequests === 3);
  });

  it('shows the counters of all its parts in its health', async () => {
    const { endpoints } = await open(centralOptions());
    const registry = connect(endpoints.registry ?? '');
    const log = connect(endpoints.log ?? '');
    const control = connect(endpoints.broker);
    await registry.request('registry.sync', table('pc2'));
    await log.request('log.append', new Chain().next(4));
    const { counters } = await control.request('mesh.health', {});
    expect(counters).to.include({
      'control.requests': 1,
      'registry.syncs': 1,
      'registry.machines': 1,
      'log.appends': 1,
      'log.entries': 4,
    });
    for (const client of [registry, log, control]) client.close();
  });

  it('as a relay has the event proxy and the control socket alone', async () => {
    const { endpoints } = await open(relayOptions);
    expect(endpoints).to.have.all.keys('broker', 'publish', 'subscribe');
    const plain = new PlainRequester(endpoints.broker);
    expect(await plain.ask('mesh.info')).to.deep.include({ capabilities: ['events'] });
    const refusal = await plain.ask('registry.list').catch((error: Error) => error.message);
    expect(refusal).to.match(/^UNKNOWN_METHOD/);
    plain.close();
  });

  it('forwards events from publishers to subscribers', async () => {
    const { endpoints } = await open(relayOptions);
    const publisher = new EventPublisher('echo@pc2#1', endpoints.publish, systemClock);
    const subscriber = new EventSubscriber({
      onHandlerError: (error) => {
        throw error;
      },
    });
    subscriber.connect(endpoints.subscribe);
    const seqs: number[] = [];
    subscriber.subscribe('host.*.metrics', (_, event) => seqs.push(event.seq));
    await until(() => {
      publisher.publish('host.pc2.metrics', { cpu: 1 });
      return seqs.length > 0;
    });
    subscriber.close();
    await publisher.close();
  });

  it('whose port is taken says which, and gives back all that it had bound', async () => {
    const first = await open(relayOptions);
    const options = centralOptions();
    const blocked = create({ ...options, bind: { ...options.bind, subscribe: first.endpoints.subscribe } });
    const error = await expectRejection('PORT_IN_USE', blocked.open());
    expect(error.message).to.contain(first.endpoints.subscribe);
    const { registry = '', log = '', publish } = blocked.endpoints;
    const again = await open({
      ...options,
      bind: { ...options.bind, publish },
      central: { registry, log, logFile: join(folder.path, 'mesh.db') },
    });
    expect(again.endpoints).to.deep.include({ registry, log, publish });
  });

  it('closes once, however often it is asked, and frees every port', async () => {
    const broker = await open(centralOptions());
    const { endpoints } = broker;
    await Promise.all([broker.close(), broker.close()]);
    const { broker: control, publish, subscribe, registry = '', log = '' } = endpoints;
    const again = await open({
      ...centralOptions(),
      bind: { broker: control, publish, subscribe },
      central: { registry, log, logFile: join(folder.path, 'mesh.db') },
    });
    expect(again.endpoints).to.deep.equal(endpoints);
  });
});
