import { expect } from 'chai';
import { RegistryServer } from '../../broker/registry-server.js';
import { systemClock } from '../../common/core/clock.js';
import { encode } from '../../common/protocol/frames/codec.js';
import { digestOf } from '../../common/registry/digest.js';
import type { RequestClient } from '../../common/wire/asking/request-client.js';
import { PlainWatcher, table } from '../registry/world.js';
import { expectRejection } from '../support/expect-error.js';
import { PlainRequester } from '../support/fakes/plain-requester.js';
import { until } from '../support/wait-for.js';
import { ANY_PORT, connect, LONG_MS, silentLog } from './world.js';

describe('registry server', () => {
  let server: RegistryServer;
  let client: RequestClient;
  let plain: PlainRequester;

  beforeEach(async () => {
    server = new RegistryServer({
      endpoint: ANY_PORT,
      epoch: 42,
      processMethods: {},
      clock: systemClock,
      log: silentLog,
    });
    await server.open();
    client = connect(server.endpoint);
    plain = new PlainRequester(server.endpoint);
  });

  afterEach(async () => {
    client.close();
    plain.close();
    await server.close();
  });

  it('takes a table and answers list and find, to a plain REQ socket as to our client', async () => {
    const pc2 = table('pc2', { agents: ['echo', 'watch'] });
    expect(await plain.ask('registry.sync', pc2)).to.deep.equal({ revision: 3 });
    const list = await client.request('registry.list', {});
    expect(list.epoch).to.equal(42);
    expect(list.machines.map(({ machine, reachable }) => [machine, reachable])).to.deep.equal([['pc2', true]]);
    expect(list.agents.map(({ instance }) => instance)).to.deep.equal(['echo@pc2', 'watch@pc2']);
    const found = (await plain.ask('registry.find', { agent: 'watch' })) as { agents: { instance: string }[] };
    expect(found.agents.map(({ instance }) => instance)).to.deep.equal(['watch@pc2']);
  });

  it('answers a heartbeat with whether it knows the table', async () => {
    const pc2 = table('pc2');
    const beat = { machine: 'pc2', epoch: pc2.epoch, revision: pc2.revision, digest: digestOf(pc2) };
    expect(await client.request('registry.heartbeat', beat)).to.deep.equal({ known: false });
    await client.request('registry.sync', pc2);
    expect(await client.request('registry.heartbeat', beat)).to.deep.equal({ known: true });
    expect(await client.request('registry.heartbeat', { ...beat, digest: 'other' })).to.deep.equal({ known: false });
  });

  it('refuses an older incarnation with its newer epoch, and input that breaks the schema', async () => {
    await client.request('registry.sync', table('pc2', { epoch: 11 }));
    const stale = await expectRejection('STALE_EPOCH', client.request('registry.sync', table('pc2', { epoch: 10 })));
    expect(stale.details).to.deep.include({ epoch: 11 });
    await expectRejection('INVALID_INPUT', client.send('registry.sync', { ...table('pc2'), more: 1 }));
    await expectRejection('INVALID_INPUT', client.send('registry.find', { agent: 'Not A Name' }));
    await expectRejection('UNKNOWN_METHOD', client.send('registry.lost', {}));
  });

  it('holds a watch open until something changes, for every watcher', async () => {
    await client.request('registry.sync', table('main'));
    const { epoch, revision } = await client.request('registry.list', {});
    const since = { epoch, revision, waitMs: LONG_MS };
    const watches = [
      client.request('registry.watch', since, { timeoutMs: LONG_MS }),
      plain.ask('registry.watch', since) as Promise<Awaited<ReturnType<typeof watchOf>>>,
    ];
    const watchOf = () => client.request('registry.watch', since);
    await until(() => server.counters['registry.watchers'] === 2);
    await client.request('registry.sync', table('pc2'));
    for (const update of await Promise.all(watches)) {
      expect(update.changes?.map(({ machine, agent }) => machine?.machine ?? agent?.instance)).to.deep.equal([
        'pc2',
        'echo@pc2',
      ]);
    }
  });

  it('gives a watcher of an earlier broker a snapshot, and one that follows ends with the list', async () => {
    await client.request('registry.sync', table('main'));
    const watcher = new PlainWatcher();
    watcher.apply(await client.request('registry.watch', { epoch: 41, revision: 2, waitMs: LONG_MS }));
    expect(watcher.snapshots).to.equal(1);
    await client.request('registry.sync', table('main', { revision: 2, agents: [] }));
    watcher.apply(await client.request('registry.watch', { ...watcher.mark, waitMs: LONG_MS }));
    expect(watcher.snapshots).to.equal(1);
    expect([...watcher.machines.keys(), ...watcher.agents.keys()]).to.deep.equal(['main']);
  });

  it('answers the watches that it holds when it closes', async () => {
    const { epoch, revision } = await client.request('registry.list', {});
    const watch = client.request('registry.watch', { epoch, revision, waitMs: LONG_MS }, { timeoutMs: LONG_MS });
    await until(() => server.counters['registry.watchers'] === 1);
    await server.close();
    expect(await watch).to.deep.equal({ epoch, revision });
  });

  it('refuses bytes that are no request, counts them, and goes on', async () => {
    expect(await plain.raw(Buffer.from([0xc1, 0xff]))).to.deep.include.members([1, 3, 0]);
    expect(await plain.raw(encode([9, 1, 5, 'registry.list', {}]))).to.deep.include.members([1, 3, 5]);
    expect(await plain.ask('registry.list')).to.have.property('epoch', 42);
    expect(server.counters['registry.refusedFrames']).to.equal(2);
  });
});
