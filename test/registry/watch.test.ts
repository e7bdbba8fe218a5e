import { expect } from 'chai';
import fc from 'fast-check';
import { limits } from '../../common/core/limits.js';
import { agentStates, type MachineTable } from '../../common/protocol/registry-entry.js';
import { digestOf } from '../../common/registry/digest.js';
import { Registry } from '../../common/registry/registry.js';
import { RegistryReplica } from '../../common/registry/replica.js';
import { at, entry, PlainWatcher, table, withoutAges } from './world.js';

describe('registry watch', () => {
  const now = at(0).monotonicMs;

  it('begins with a snapshot, is silent while nothing is new, and goes on with changes', () => {
    const registry = new Registry({ epoch: 1 });
    registry.sync(table('main'), at(0));
    const watcher = new PlainWatcher();
    watcher.apply(registry.rows.watch({}, now) ?? expect.fail('no snapshot'));
    expect(watcher.snapshots).to.equal(1);
    expect(registry.rows.watch(watcher.mark, now)).to.equal(undefined);
    registry.sync(table('main', { revision: 2, agents: ['echo', 'probe'] }), at(1));
    const update = registry.rows.watch(watcher.mark, now);
    expect(update?.changes?.map(({ agent }) => agent?.instance)).to.deep.equal(['probe@main']);
  });

  it('gives a snapshot to a watcher of another epoch, of the future, or without a revision', () => {
    const registry = new Registry({ epoch: 2 });
    registry.sync(table('main'), at(0));
    const { revision } = registry.rows;
    for (const since of [{ epoch: 1, revision }, { epoch: 2, revision: revision + 1 }, { epoch: 2 }, { revision }]) {
      expect(registry.rows.watch(since, now)).to.have.property('snapshot');
    }
  });

  it('gives a snapshot to a watcher whose changes are no longer kept, and changes to one at the edge', () => {
    const registry = new Registry({ epoch: 1, changesKept: 4 });
    registry.sync(table('main', { agents: [] }), at(0));
    const flip = (i: number) => table('main', { revision: i + 2, agents: [entry('echo', 'main', { pid: i })] });
    const { revision } = registry.rows;
    for (let i = 0; i < 4; i++) registry.sync(flip(i), at(0));
    expect(registry.rows.watch({ epoch: 1, revision }, now)?.changes).to.have.length(4);
    registry.sync(flip(4), at(0));
    expect(registry.rows.watch({ epoch: 1, revision }, now)).to.have.property('snapshot');
    expect(registry.rows.watch({ epoch: 1, revision: revision + 1 }, now)?.changes).to.have.length(4);
  });

  it('tells many large changes in pages that fit a frame, each beginning where the last one ended', () => {
    const registry = new Registry({ epoch: 1 });
    const actions = Array.from({ length: limits.actionsPerAgentMax }, (_, i) =>
      `a${i}`.padEnd(limits.nameLengthMax, 'x'),
    );
    registry.sync(table('main', { agents: [] }), at(0));
    const watcher = new PlainWatcher();
    watcher.apply(registry.rows.watch({}, now) ?? expect.fail('no snapshot'));
    const agents = Array.from({ length: limits.agentsPerMachineMax }, (_, i) => entry(`a${i}`, 'main', { actions }));
    registry.sync(table('main', { revision: 2, agents }), at(0));
    let pages = 0;
    for (let update = registry.rows.watch(watcher.mark, now); update; update = registry.rows.watch(watcher.mark, now)) {
      expect(JSON.stringify(update).length).to.be.below(limits.controlFrameBytesMax);
      watcher.apply(update);
      pages++;
    }
    expect(pages).to.be.above(1);
    expect(watcher.snapshots).to.equal(1);
    expect(watcher.rows()).to.deep.equal(withoutAges(registry.rows.list(now)));
  });

  /** What can happen to a registry, in small numbers so that cases meet. */
  const machine = fc.constantFrom('main', 'pc2', 'pc3');
  const agents = fc.uniqueArray(
    fc.record({ agent: fc.constantFrom('a', 'b', 'c', 'd'), state: fc.constantFrom(...agentStates), pid: fc.nat(2) }),
    { selector: ({ agent }) => agent, maxLength: 4 },
  );
  const step = fc.oneof(
    fc.record({ kind: fc.constant('sync' as const), machine, agents, epoch: fc.integer({ min: 1, max: 3 }) }),
    fc.record({ kind: fc.constant('beat' as const), machine }),
    fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(100, 900, 1_500) }),
    fc.record({ kind: fc.constant('watch' as const) }),
    fc.record({ kind: fc.constant('restart' as const) }),
  );

  it('keeps every watcher, and every replica and its watchers, equal to the list, whatever happens', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 12 }), (steps, changesKept) => {
        let registry = new Registry({ epoch: 1, changesKept });
        const replica = new RegistryReplica({ epoch: 9, machine: 'here', changesKept });
        const ofRegistry = new PlainWatcher();
        const ofReplica = new PlainWatcher();
        const synced = new Map<string, MachineTable>();
        let ms = 0;
        let revision = 0;

        const watchAll = () => {
          const update = registry.rows.watch(ofRegistry.mark, at(ms).monotonicMs);
          if (update !== undefined) ofRegistry.apply(update);
          const forReplica = registry.rows.watch(replica.brokerMark ?? {}, at(ms).monotonicMs);
          if (forReplica !== undefined) replica.adopt(forReplica, at(ms));
          const fromReplica = replica.rows.watch(ofReplica.mark, at(ms).monotonicMs);
          if (fromReplica !== undefined) ofReplica.apply(fromReplica);
        };

        for (const event of steps) {
          if (event.kind === 'sync') {
            const rows = event.agents.map(({ agent, ...rest }) => entry(agent, event.machine, rest));
            const next = table(event.machine, { epoch: event.epoch, revision: ++revision, agents: rows });
            try {
              registry.sync(next, at(ms));
              synced.set(event.machine, next);
            } catch {
              // an older incarnation, refused as it must be: the rows stay as they are
            }
          } else if (event.kind === 'beat') {
            const known = synced.get(event.machine);
            if (known !== undefined) registry.heartbeat({ ...known, digest: digestOf(known) }, at(ms));
          } else if (event.kind === 'pass') {
            ms += event.ms;
            registry.tick(at(ms));
          } else if (event.kind === 'restart') {
            registry = new Registry({ epoch: registry.rows.epoch + 1, changesKept });
            for (const known of synced.values()) registry.sync(known, at(ms));
          } else watchAll();
        }
        watchAll();
        const listed = withoutAges(registry.rows.list(at(ms).monotonicMs));
        expect(ofRegistry.rows()).to.deep.equal(listed);
        expect(withoutAges(replica.rows.list(at(ms).monotonicMs))).to.deep.equal(listed);
        expect(ofReplica.rows()).to.deep.equal(listed);
        expect(replica.counters.brokenSequences).to.equal(0);
      }),
      { numRuns: 400 },
    );
  });
});
