import { expect } from 'chai';
import { limits } from '../../common/core/limits.js';
import type { AgentEntry, MachineTable } from '../../common/protocol/registry-entry.js';
import { digestOf } from '../../common/registry/digest.js';
import { Registry } from '../../common/registry/registry.js';
import { expectError } from '../support/expect-error.js';
import { at, entry, table, WALL_MS } from './world.js';

const markOf = (known: MachineTable) => ({
  machine: known.machine,
  epoch: known.epoch,
  revision: known.revision,
  digest: digestOf(known),
});

/** Ticks as the broker does, up to `untilMs`. */
function tickUntil(registry: Registry, fromMs: number, untilMs: number): void {
  for (let ms = fromMs; ms <= untilMs; ms += 500) registry.tick(at(ms));
}

describe('registry', () => {
  let registry: Registry;
  beforeEach(() => {
    registry = new Registry({ epoch: 1 });
  });

  const list = (ms: number) => registry.rows.list(at(ms).monotonicMs);
  const reachableAt = (ms: number) => list(ms).machines.map(({ reachable }) => reachable);

  describe('a table', () => {
    it('is listed with instance, reach and age of each row', () => {
      registry.sync(table('pc2', { agents: ['watch', 'echo'] }), at(0));
      const { epoch, machines, agents } = list(40);
      expect(epoch).to.equal(1);
      expect(machines).to.deep.equal([
        {
          machine: 'pc2',
          role: 'secondary',
          epoch: 10,
          node: 'tcp://pc2:1',
          reachable: true,
          sinceMs: WALL_MS,
          ageMs: 40,
        },
      ]);
      expect(agents.map(({ instance, reachable, ageMs }) => [instance, reachable, ageMs])).to.deep.equal([
        ['echo@pc2', true, 40],
        ['watch@pc2', true, 40],
      ]);
    });

    it('that is replaced yields one change per row that differs, and a gone for one that is missing', () => {
      registry.sync(table('pc2', { agents: ['a', 'b', 'c'] }), at(0));
      const { revision } = list(0);
      const next = table('pc2', { revision: 2, agents: ['a', entry('b', 'pc2', { state: 'draining' }), 'd'] });
      registry.sync(next, at(1));
      const update = registry.rows.watch({ epoch: 1, revision }, at(1).monotonicMs);
      expect(update?.changes?.map(({ agent, gone }) => agent?.instance ?? `-${gone}`)).to.deep.equal([
        'b@pc2',
        'd@pc2',
        '-c@pc2',
      ]);
      expect(update?.changes?.map((change) => change.revision)).to.deep.equal([
        revision + 1,
        revision + 2,
        revision + 3,
      ]);
    });

    it('that is the same changes nothing but the age', () => {
      registry.sync(table('pc2'), at(0));
      const { revision } = list(0);
      registry.sync(table('pc2', { revision: 2 }), at(100));
      expect(list(100)).to.deep.include({ revision });
      expect(list(100).machines[0]?.ageMs).to.equal(0);
    });

    it('of a newer incarnation takes over', () => {
      registry.sync(table('pc2', { revision: 7 }), at(0));
      registry.sync(table('pc2', { epoch: 11, revision: 1, agents: [] }), at(1));
      expect(list(1)).to.deep.include({ agents: [] });
      expect(list(1).machines[0]?.epoch).to.equal(11);
    });

    it('of an older incarnation is refused while the newer one speaks', () => {
      registry.sync(table('pc2', { epoch: 11 }), at(0));
      const error = expectError('STALE_EPOCH', () =>
        registry.sync(table('pc2', { epoch: 10, agents: [] }), at(limits.heartbeatTimeoutMs / 2)),
      );
      expect(error.details).to.include({ epoch: 11 });
      expect(list(0).agents).to.have.length(1);
      expect(registry.counters.staleRefused).to.equal(1);
    });

    it('of an older incarnation is taken when the newer one has been silent too long', () => {
      registry.sync(table('pc2', { epoch: 11 }), at(0));
      tickUntil(registry, 0, 4_000);
      registry.sync(table('pc2', { epoch: 10, agents: [] }), at(4_100));
      expect(list(4_100).machines[0]).to.deep.include({ epoch: 10, reachable: true });
    });

    it('that is older within the same incarnation is refused, silent or not', () => {
      registry.sync(table('pc2', { revision: 5 }), at(0));
      expectError('STALE_EPOCH', () => registry.sync(table('pc2', { revision: 4 }), at(1)));
      tickUntil(registry, 0, 4_000);
      expectError('STALE_EPOCH', () => registry.sync(table('pc2', { revision: 4 }), at(4_100)));
    });

    it('that contradicts itself or is too large is refused, and nothing of it is taken', () => {
      const agents = Array.from({ length: limits.agentsPerMachineMax + 1 }, (_, i) => `a${i}`);
      expectError('TOO_LARGE', () => registry.sync(table('pc2', { agents }), at(0)));
      expectError('INVALID_INPUT', () => registry.sync(table('pc2', { agents: [entry('echo', 'main')] }), at(0)));
      expectError('INVALID_INPUT', () => registry.sync(table('pc2', { agents: ['echo', 'echo'] }), at(0)));
      expect(list(0).machines).to.be.empty;
    });

    it('of one machine more than the bound is refused, of a known one it is not', () => {
      for (let i = 0; i < limits.machinesMax; i++) registry.sync(table(`m${i}`, { agents: [] }), at(0));
      expectError('TOO_LARGE', () => registry.sync(table('one-more'), at(0)));
      registry.sync(table('m0', { revision: 2 }), at(0));
    });
  });

  describe('a heartbeat', () => {
    it('is known when epoch, revision and digest are those of the table', () => {
      const known = table('pc2');
      registry.sync(known, at(0));
      expect(registry.heartbeat(markOf(known), at(1))).to.equal(true);
    });

    it('asks for the table when the machine, the revision, the digest or the incarnation is another', () => {
      const known = table('pc2');
      registry.sync(known, at(0));
      expect(registry.heartbeat({ ...markOf(known), machine: 'pc3' }, at(1))).to.equal(false);
      expect(registry.heartbeat({ ...markOf(known), revision: 2 }, at(1))).to.equal(false);
      expect(registry.heartbeat({ ...markOf(known), digest: '0'.repeat(16) }, at(1))).to.equal(false);
      expect(registry.heartbeat({ ...markOf(known), epoch: 11 }, at(1))).to.equal(false);
      expect(registry.counters.unknownHeartbeats).to.equal(4);
    });

    it('keeps its machine in reach and resets its age', () => {
      const known = table('pc2');
      registry.sync(known, at(0));
      for (let ms = 1_000; ms <= 10_000; ms += 1_000) {
        registry.heartbeat(markOf(known), at(ms));
        registry.tick(at(ms));
      }
      expect(list(10_200).machines[0]).to.deep.include({ reachable: true, ageMs: 200, sinceMs: WALL_MS });
    });

    it('of an older incarnation does not keep the machine in reach', () => {
      registry.sync(table('pc2', { epoch: 11 }), at(0));
      for (let ms = 500; ms <= 4_000; ms += 500) {
        registry.heartbeat(markOf(table('pc2', { epoch: 10 })), at(ms));
        registry.tick(at(ms));
      }
      expect(reachableAt(4_000)).to.deep.equal([false]);
    });
  });

  describe('a silent machine', () => {
    it('is out of reach after the timeout, since then, and stays listed with its agents', () => {
      registry.sync(table('pc2'), at(0));
      tickUntil(registry, 0, 3_500);
      expect(reachableAt(3_500)).to.deep.equal([true]);
      const { revision } = list(3_500);
      registry.tick(at(4_000));
      expect(list(4_000).machines[0]).to.deep.include({ reachable: false, sinceMs: WALL_MS + 4_000, ageMs: 4_000 });
      expect(list(4_000).agents[0]).to.deep.include({ instance: 'echo@pc2', state: 'ready', reachable: false });
      const update = registry.rows.watch({ epoch: 1, revision }, at(4_000).monotonicMs);
      expect(update?.changes?.map(({ machine, agent }) => machine?.reachable ?? agent?.reachable)).to.deep.equal([
        false,
        false,
      ]);
      tickUntil(registry, 4_500, 20_000);
      expect(list(20_000).revision).to.equal(revision + 2);
    });

    it('is back in reach with its next heartbeat, agents too, and its table need not be sent again', () => {
      const known = table('pc2');
      registry.sync(known, at(0));
      tickUntil(registry, 0, 5_000);
      const { revision } = list(5_000);
      expect(registry.heartbeat(markOf(known), at(5_200))).to.equal(true);
      const update = registry.rows.watch({ epoch: 1, revision }, at(5_200).monotonicMs);
      expect(update?.changes?.map(({ machine, agent }) => machine?.reachable ?? agent?.reachable)).to.deep.equal([
        true,
        true,
      ]);
      expect(list(5_200).machines[0]?.sinceMs).to.equal(WALL_MS + 5_200);
    });

    it('is not held silent for a time in which the registry itself stood still', () => {
      registry.sync(table('pc2'), at(0));
      tickUntil(registry, 0, 1_000);
      registry.tick(at(31_000));
      expect(reachableAt(31_000)).to.deep.equal([true]);
      expect(registry.counters.pauses).to.equal(1);
      tickUntil(registry, 31_500, 34_500);
      expect(reachableAt(34_500)).to.deep.equal([false]);
    });

    it('is judged by the monotonic clock, whatever the wall clock does', () => {
      registry.sync(table('pc2'), at(0));
      for (let ms = 0; ms <= 3_000; ms += 500) registry.tick({ ...at(ms), wallMs: WALL_MS + 3_600_000 });
      expect(reachableAt(3_000)).to.deep.equal([true]);
    });
  });

  describe('a digest', () => {
    it('does not depend on the order of agents, and does on every field', () => {
      const known = table('pc2', { agents: ['a', 'b'] });
      expect(digestOf({ ...known, agents: [...known.agents].reverse() })).to.equal(digestOf(known));
      expect(digestOf(known)).to.match(/^[0-9a-f]{16}$/);
      const rows: Partial<AgentEntry>[] = [
        { agent: 'c' },
        { epoch: 2 },
        { state: 'busy' },
        { sinceMs: 1 },
        { pid: 1 },
        { version: '2' },
        { capabilities: [] },
        { actions: [] },
        { control: '' },
      ];
      const others: MachineTable[] = [
        { ...known, machine: 'pc3' },
        { ...known, role: 'main' },
        { ...known, epoch: 11 },
        { ...known, revision: 2 },
        { ...known, node: 'tcp://elsewhere:1' },
        { ...known, agents: known.agents.slice(1) },
        ...rows.map((row) => ({ ...known, agents: [entry('a', 'pc2', row), entry('b', 'pc2')] })),
      ];
      expect(new Set([known, ...others].map(digestOf)).size).to.equal(others.length + 1);
    });
  });

  describe('find', () => {
    beforeEach(() => {
      registry.sync(
        table('main', { agents: ['echo', entry('probe', 'main', { capabilities: ['http'], actions: [] })] }),
        at(0),
      );
      registry.sync(table('pc2', { agents: [entry('echo', 'pc2', { state: 'busy' })] }), at(0));
    });
    const cases: [filter: Parameters<typeof registry.rows.find>[0], found: string[]][] = [
      [{}, ['echo@main', 'probe@main', 'echo@pc2']],
      [{ agent: 'echo' }, ['echo@main', 'echo@pc2']],
      [{ machine: 'main' }, ['echo@main', 'probe@main']],
      [{ capability: 'http' }, ['probe@main']],
      [{ action: 'say' }, ['echo@main', 'echo@pc2']],
      [{ state: 'busy' }, ['echo@pc2']],
      [{ agent: 'echo', machine: 'pc2' }, ['echo@pc2']],
      [{ agent: 'nobody' }, []],
    ];
    for (const [filter, found] of cases) {
      it(`with ${JSON.stringify(filter)} answers ${found.join(', ') || 'nothing'}`, () => {
        expect(registry.rows.find(filter, at(0).monotonicMs).map(({ instance }) => instance)).to.deep.equal(found);
      });
    }
  });
});
