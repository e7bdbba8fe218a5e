import { expect } from 'chai';
import { type AdoptionInput, planAdoption } from '../../../agents/node/supervision/adoption.js';
import type { FoundProcess } from '../../../common/core/process-scan.js';
import { processRecord } from '../../support/fakes/process-record.js';

/** A process that carries the token: the leader of its group unless `pgid` says otherwise. */
const found = (pid: number, agent: string, epoch: number, rest: Partial<FoundProcess> = {}): FoundProcess => ({
  pid,
  pgid: pid,
  startTicks: pid * 10,
  env: { MESH_TOKEN: 'x', MESH_AGENT: agent, MESH_EPOCH: String(epoch) },
  ...rest,
});
/** The row of a process with that pid. */
const row = (pid: number, agent: string, epoch: number) => processRecord({ agent, epoch, pid, startTicks: pid * 10 });

/** What is adopted by pid, and what is ended; of the processes of `found` and those in `alive`. */
function plan(input: Partial<AdoptionInput>, alive: Record<number, number> = {}) {
  const all = input.found ?? [];
  const adoption = planAdoption({
    records: [],
    found: all,
    names: new Set(['echo', 'other']),
    bootId: 'boot',
    stat: (pid) => {
      const startTicks = alive[pid] ?? all.find((process) => process.pid === pid)?.startTicks;
      return startTicks === undefined ? undefined : { pgid: pid, startTicks };
    },
    ...input,
  });
  const adopted = Object.fromEntries([...adoption.adopted].map(([name, { pid, epoch }]) => [name, [pid, epoch]]));
  return { adopted, ended: [...adoption.endGroups], orphans: [...adoption.endProcesses] };
}
const nothing = { adopted: {}, ended: [], orphans: [] };

describe('the adoption of what runs already', () => {
  it('takes over what the table and the token agree upon, with what was known of it', () => {
    const input = { records: [row(100, 'echo', 7)], found: [found(100, 'echo', 7)] };
    expect(plan(input)).to.deep.equal({ ...nothing, adopted: { echo: [100, 7] } });
    const { adopted } = planAdoption({
      ...input,
      names: new Set(['echo']),
      bootId: 'boot',
      stat: () => ({ pgid: 100, startTicks: 1_000 }),
    });
    expect(adopted.get('echo')?.known).to.deep.include({ startedMs: 900, planHash: 'plan' });
  });

  it('takes over by the token alone, when the table is lost or behind', () => {
    expect(plan({ found: [found(100, 'echo', 7)] }).adopted).to.deep.equal({ echo: [100, 7] });
    const behind = { records: [row(90, 'echo', 6)], found: [found(100, 'echo', 7)] };
    expect(plan(behind)).to.deep.equal({ ...nothing, adopted: { echo: [100, 7] } });
  });

  it('takes over by the table alone what shows no token', () => {
    expect(plan({ records: [row(100, 'echo', 7)] }, { 100: 1_000 }).adopted).to.deep.equal({ echo: [100, 7] });
  });

  for (const [what, changes, alive] of [
    ['with another start', {}, { 100: 999 }],
    ['of another boot', { bootId: 'earlier' }, { 100: 1_000 }],
    ['that is gone', {}, {}],
  ] as const) {
    it(`never touches a process under the pid of the table ${what}`, () => {
      expect(plan({ records: [{ ...row(100, 'echo', 7), ...changes }] }, alive)).to.deep.equal(nothing);
    });
  }

  it('touches nobody by the table where the system does not tell which boot it is', () => {
    const records = [{ ...row(100, 'echo', 7), bootId: '' }];
    expect(plan({ records, bootId: '' }, { 100: 1_000 })).to.deep.equal(nothing);
  });

  it('takes over the newest incarnation and ends the older ones', () => {
    const input = { records: [row(100, 'echo', 7)], found: [found(100, 'echo', 7), found(120, 'echo', 8)] };
    expect(plan(input)).to.deep.equal({ ...nothing, adopted: { echo: [120, 8] }, ended: [100] });
  });

  it('ends what does not belong here any more, known by the table or by the token', () => {
    const input = { records: [row(100, 'gone', 7)], found: [found(110, 'former', 7)] };
    expect(plan(input, { 100: 1_000 }).ended).to.have.members([100, 110]);
  });

  it('leaves the children of an agent to it, in its group and in groups of their own', () => {
    const child = found(101, 'echo', 7, { pgid: 100 });
    const own = found(102, 'echo', 7);
    const input = { found: [child, own, found(100, 'echo', 7, { startTicks: 1 })] };
    expect(plan(input)).to.deep.equal({ ...nothing, adopted: { echo: [100, 7] } });
    expect(plan({ ...input, records: [{ ...row(100, 'echo', 7), startTicks: 1 }] }).adopted).to.deep.equal({
      echo: [100, 7],
    });
  });

  it('does not take a child that outlived its agent for the agent', () => {
    const leftover = found(102, 'echo', 7);
    expect(plan({ records: [row(100, 'echo', 7)], found: [leftover] })).to.deep.equal({ ...nothing, ended: [102] });
    const ended = { ...row(0, 'echo', 7), state: 'backoff' as const };
    expect(plan({ records: [ended], found: [leftover] })).to.deep.equal({ ...nothing, ended: [102] });
  });

  it('takes over an agent whose node was killed before it wrote down its pid', () => {
    const begun = { ...row(0, 'echo', 7), state: 'starting' as const };
    expect(plan({ records: [begun], found: [found(100, 'echo', 7)] }).adopted).to.deep.equal({ echo: [100, 7] });
  });

  it('ends a child whose agent is gone alone, because its group may be another by now', () => {
    expect(plan({ found: [found(101, 'echo', 7, { pgid: 100 })] })).to.deep.equal({ ...nothing, orphans: [101] });
  });

  it('ends hooks and probes of the node before, for which nobody waits, with all that they started', () => {
    const errand = { MESH_TOKEN: 'x', MESH_AGENT: 'echo', MESH_EPOCH: '7' };
    const hook = found(105, 'echo', 7, { env: { ...errand, MESH_HOOK: 'onReady' } });
    const probe = found(106, 'echo', 7, { env: { ...errand, MESH_PROBE: 'alive' } });
    const orphan = found(108, 'echo', 7, { env: hook.env, pgid: 107 }); // its leader is gone
    const input = { records: [row(100, 'echo', 7)], found: [hook, probe, orphan, found(100, 'echo', 7)] };
    const expected = { adopted: { echo: [100, 7] }, ended: [105, 106], orphans: [108] };
    expect(plan(input)).to.deep.equal(expected);
  });

  it('leaves the node and its keeper alone', () => {
    expect(plan({ found: [found(1, 'node', 0), found(2, 'keeper', 0)] })).to.deep.equal(nothing);
  });

  it('ends what bears the token and no incarnation', () => {
    for (const epoch of ['', 'x', '1.5']) {
      const env = { MESH_TOKEN: 'x', MESH_AGENT: 'echo', MESH_EPOCH: epoch };
      expect(plan({ found: [found(100, 'echo', 7, { env })] }).adopted, epoch).to.deep.equal({});
    }
  });
});
