/** What is wrong with a fleet now, from what its registry and its nodes say. */
import { expect } from 'chai';
import { FleetSight, type FleetSightOptions } from '../../agents/alerter/fleet-sight.js';
import type { AgentView, MachineEntry } from '../../common/protocol/registry-entry.js';

const machine = (name: string, reachable = true): MachineEntry => ({
  ...{ machine: name, role: 'secondary', epoch: 1, node: `tcp://${name}`, reachable, sinceMs: 10, ageMs: 0 },
});

describe('the sight of an alerter', () => {
  const kinds = ['machine-unreachable', 'quarantine', 'journal-degraded'] as const;
  const sightOf = (rest: Partial<FleetSightOptions>) =>
    new FleetSight({
      machines: ['main', 'pc2'],
      kinds,
      list: async () => ({ epoch: 1, revision: 1, machines: [machine('main'), machine('pc2')], agents: [] }),
      journal: async () => '',
      log: async () => '',
      onProblem: () => undefined,
      ...rest,
    });
  const titles = async (sight: FleetSight, nowMs = 100) =>
    (await sight.look(nowMs)).troubles.map(({ title, sinceMs }) => `${title} since ${sinceMs}`);

  it('is clear when all is well', async () => {
    expect(await sightOf({}).look(0)).to.deep.equal({ kinds, troubles: [], unseen: [] });
  });

  it('has machines that are out of reach, and those that the registry does not name since it first missed them', async () => {
    const list = { epoch: 1, revision: 1, machines: [machine('main', false)], agents: [] };
    const sight = sightOf({ list: async () => list });
    const expected = ['main is out of reach since 10', 'pc2 is out of reach since 100'];
    expect(await titles(sight)).to.deep.equal(expected);
    expect(await titles(sight, 200)).to.deep.equal(expected);
  });

  it('has a machine out of reach for as long as it is, also when the registry was lost meanwhile and names it no more', async () => {
    let machines = [machine('main'), machine('pc2', false)];
    const sight = sightOf({ list: async () => ({ epoch: 1, revision: 1, machines, agents: [] }) });
    expect(await titles(sight)).to.deep.equal(['pc2 is out of reach since 10']);
    machines = [machine('main')];
    expect(await titles(sight, 200)).to.deep.equal(['pc2 is out of reach since 10']);
  });

  it('says of what nothing is known: whose journal did not answer, and all of a machine that nobody names', async () => {
    const silent = () => Promise.reject(new Error('nobody answers'));
    const machines = [machine('main')];
    const list = async () => ({ epoch: 1, revision: 1, machines, agents: [] });
    const { unseen } = await sightOf({ list, journal: silent, log: silent }).look(100);
    expect(unseen).to.have.deep.members([
      { kind: 'journal-degraded', machine: 'main', subject: 'main' },
      { kind: 'journal-degraded', machine: 'main', subject: 'log' },
      { kind: 'quarantine', machine: 'pc2' },
      { kind: 'journal-degraded', machine: 'pc2', subject: 'pc2' },
    ]);
  });

  it('has agents in quarantine', async () => {
    const agent: AgentView = {
      ...{ agent: 'echo', machine: 'pc2', instance: 'echo@pc2', epoch: 1, state: 'quarantined', sinceMs: 5, pid: 0 },
      ...{ version: '', capabilities: [], actions: [], control: '', reachable: true, ageMs: 0 },
    };
    const agents = [agent];
    const list = { epoch: 1, revision: 1, machines: [machine('main'), machine('pc2')], agents };
    expect(await titles(sightOf({ list: async () => list }))).to.deep.equal(['echo@pc2 is in quarantine since 5']);
  });

  it('has journals and the log that take no records, until they say that they do', async () => {
    let answer: () => Promise<string> = async () => 'disk full';
    const sight = sightOf({
      journal: (endpoint) => (endpoint === 'tcp://pc2' ? answer() : Promise.resolve('')),
      log: () => answer(),
    });
    const expected = [
      'the journal of pc2 takes no records: disk full since 100',
      "main's log takes no records: disk full since 100",
    ];
    expect(await titles(sight)).to.deep.equal(expected);
    answer = () => Promise.reject(new Error('nobody answers'));
    expect(await titles(sight, 200), 'silence is no recovery').to.deep.equal(expected);
    answer = async () => '';
    expect(await titles(sight, 300)).to.deep.equal([]);
  });

  it('says nothing of anything when the registry cannot be asked, and asks nobody for what no rule wants', async () => {
    expect(await sightOf({ list: () => Promise.reject(new Error('away')) }).look(0)).to.deep.equal({
      kinds: [],
      troubles: [],
      unseen: [],
    });
    const refuse = () => Promise.reject(new Error('it was asked'));
    expect(await sightOf({ kinds: [], list: refuse }).look(0)).to.deep.equal({ kinds: [], troubles: [], unseen: [] });
    let asked = 0;
    const journal = async () => {
      asked++;
      return '';
    };
    await sightOf({ kinds: ['quarantine'], journal, log: journal }).look(0);
    expect(asked).to.equal(0);
  });
});
