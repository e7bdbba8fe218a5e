import { expect } from 'chai';
import { Registry } from '../../common/registry/registry.js';
import { RegistryReplica } from '../../common/registry/replica.js';
import { expectError } from '../support/expect-error.js';
import { at, entry, table, WALL_MS } from './world.js';

describe('registry replica', () => {
  let broker: Registry;
  let replica: RegistryReplica;
  beforeEach(() => {
    broker = new Registry({ epoch: 1 });
    replica = new RegistryReplica({ epoch: 5, machine: 'pc2' });
    broker.sync(table('main'), at(0));
    broker.sync(table('pc2', { agents: ['echo', 'stale'] }), at(0));
    replica.sync(table('pc2', { agents: ['echo', 'watch'] }), at(0));
  });

  const follow = (ms: number) => {
    const update = broker.rows.watch(replica.brokerMark ?? {}, at(ms).monotonicMs);
    if (update !== undefined) replica.adopt(update, at(ms));
  };
  const list = (ms: number) => replica.rows.list(at(ms).monotonicMs);
  const instances = (ms: number) => list(ms).agents.map(({ instance }) => instance);
  const machine = (name: string, ms: number) => list(ms).machines.find((row) => row.machine === name);

  it('shows the own machine from its own table and the others from the broker', () => {
    follow(0);
    expect(instances(0)).to.deep.equal(['echo@main', 'echo@pc2', 'watch@pc2']);
    broker.sync(table('pc2', { revision: 2, agents: [] }), at(1));
    broker.sync(table('main', { revision: 2, agents: ['echo', 'probe'] }), at(1));
    follow(1);
    expect(instances(1)).to.deep.equal(['echo@main', 'probe@main', 'echo@pc2', 'watch@pc2']);
  });

  it('never holds the own machine for unreachable or old, whatever the broker says', () => {
    for (let ms = 0; ms <= 5_000; ms += 500) broker.tick(at(ms));
    follow(5_000);
    expect(machine('pc2', 9_000)).to.deep.include({ reachable: true, ageMs: 0 });
    expect(machine('main', 5_000)).to.deep.include({ reachable: false, sinceMs: WALL_MS + 4_000, ageMs: 5_000 });
  });

  it('takes the age of a row from the broker, and refreshes it as long as the broker answers', () => {
    replica.adopt(broker.rows.watch({}, at(700).monotonicMs) ?? expect.fail(), at(900));
    expect(machine('main', 900)?.ageMs).to.equal(700);
    replica.noteBrokerContact(at(2_000));
    expect(machine('main', 2_100)?.ageMs).to.equal(100);
  });

  it('keeps the rows as they are while the broker is away; only their age grows', () => {
    follow(0);
    const { revision } = replica.rows;
    expect(machine('main', 60_000)).to.deep.include({ reachable: true, ageMs: 60_000 });
    expect(instances(60_000)).to.include('echo@main');
    expect(replica.rows.revision).to.equal(revision);
  });

  it('keeps what a restarted broker has not heard of yet, and calls it unreachable if its node does not speak up', () => {
    broker.sync(table('pc3'), at(0));
    follow(0);
    broker = new Registry({ epoch: 2 });
    broker.sync(table('main'), at(1_000));
    follow(1_000);
    expect(machine('pc3', 1_000)).to.deep.include({ reachable: true });
    replica.noteBrokerContact(at(4_000));
    expect(machine('pc3', 4_000)).to.deep.include({ reachable: true });
    replica.noteBrokerContact(at(5_000));
    expect(machine('pc3', 5_000)).to.deep.include({ reachable: false, sinceMs: WALL_MS + 5_000 });
    expect(instances(5_000)).to.include('echo@pc3');
    broker.sync(table('pc3'), at(6_000));
    follow(6_000);
    expect(machine('pc3', 6_000)).to.deep.include({ reachable: true });
  });

  it('asks for a snapshot after an update that does not follow from the last one', () => {
    follow(0);
    const { epoch, revision } = replica.brokerMark ?? expect.fail();
    const agent = { ...entry('x', 'main'), instance: 'x@main', reachable: true, ageMs: 0 };
    replica.adopt({ epoch, revision: revision + 2, changes: [{ revision: revision + 2, agent }] }, at(1));
    expect(replica.brokerMark).to.equal(undefined);
    expect(instances(1)).not.to.include('x@main');
    follow(2);
    expect(replica.brokerMark).to.deep.equal({ epoch, revision });
    replica.adopt({ epoch: epoch + 1, revision, changes: [] }, at(3));
    expect(replica.brokerMark).to.equal(undefined);
  });

  it('forgets a machine that the broker calls gone', () => {
    follow(0);
    const { epoch, revision } = replica.brokerMark ?? expect.fail();
    replica.adopt({ epoch, revision: revision + 1, changes: [{ revision: revision + 1, gone: 'main' }] }, at(1));
    expect(instances(1)).to.deep.equal(['echo@pc2', 'watch@pc2']);
    expect(machine('main', 1)).to.equal(undefined);
  });

  it('refuses the table of another machine as its own', () => {
    expectError('INVALID_INPUT', () => replica.sync(table('main'), at(0)));
  });
});
