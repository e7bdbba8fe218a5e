/** What the doctor finds in what machines say of themselves: each check at least once, and nothing where all is well. */
import { expect } from 'chai';
import { checks, diagnose } from '../../cli/doctor/diagnosis.js';
import type { Examination, MachineSight, NodeSight, PartSight } from '../../cli/doctor/examination.js';
import { MeshError } from '../../common/core/errors.js';

const status: NodeSight['status'] = {
  machine: 'main',
  role: 'main',
  epoch: 1,
  pid: 1,
  startedMs: 1,
  phase: 'ready',
  readyCount: 1,
  agentCount: 1,
  links: {},
  problems: [],
  warnings: [],
};
const journal = {
  machine: 'main',
  journalId: 'j',
  lastSeq: 1,
  ackedSeq: 1,
  pendingCount: 0,
  sizeBytes: 1,
  degraded: '',
};
const process: NodeSight['processes'][number] = {
  agent: 'echo',
  machine: 'main',
  instance: 'echo@main',
  kind: 'agent',
  epoch: 1,
  state: 'ready',
  sinceMs: 1,
  pid: 1,
  version: '1.0.0',
  capabilities: [],
  actions: [],
  control: 'tcp://127.0.0.1:1',
  restarts: 0,
  startedMs: 1,
  loopLagMs: 0,
  rssBytes: 1,
  cpuPercent: 0,
  openFiles: 1,
  wave: 0,
  required: false,
  outdated: false,
  why: '',
};
const subscription = {
  pattern: 'metrics.>',
  overflow: 'drop-oldest' as const,
  queueMax: 100,
  queued: 0,
  waitMs: 0,
  handled: 1_000,
  missed: 0,
  dropped: 0,
  failed: 0,
  handlerMs: 5_000,
};
const healthOf = (rest: object): PartSight['health'] => ({
  state: 'ready',
  uptimeMs: 3_600_000,
  loopLagMs: 0,
  rssBytes: 1,
  counters: {},
  ...rest,
});
const part = (health: PartSight['health'], kind: PartSight['kind'] = 'agent'): PartSight => ({
  instance: kind === 'agent' ? 'echo@main' : 'broker@main',
  machine: 'main',
  kind,
  health,
});
const well: NodeSight = {
  status,
  processes: [process],
  journal,
  version: '1.0.0',
  protocol: 1,
  clock: { offsetMs: 3, uncertaintyMs: 2 },
  parts: [part(healthOf({ subscriptions: [subscription] })), part(healthOf({}), 'broker')],
};
const machine = (node: Partial<NodeSight> | MeshError = {}, name = 'main'): MachineSight => ({
  machine: name,
  node: node instanceof MeshError ? node : { ...well, ...node },
});
const log = { headId: 1, sizeBytes: 1, degraded: '', journals: [] };
const examination = (machines: readonly MachineSight[], rest: Partial<Examination> = {}): Examination => ({
  machines,
  log,
  groups: [],
  ports: [],
  ...rest,
});
const group = {
  group: 'billing',
  stream: 'orders',
  ordered: false,
  floorId: 1,
  pending: 3,
  inFlight: 0,
  retrying: 0,
  dead: 0,
  settled: 1,
  redelivered: 0,
  stale: 0,
  lost: 0,
  members: ['clerk@main#1.1'],
};
const port = {
  machine: 'main',
  name: 'log',
  port: 7402,
  protocol: 'tcp',
  address: '127.0.0.1',
  listen: '127.0.0.1',
  owner: 'log-keeper',
  origin: { file: 'ports.json', line: 3, column: 1 },
} as const;
const pc2 = (node: Partial<NodeSight>) => examination([machine(), machine(node, 'pc2')]);
const withSubscription = (rest: object) =>
  examination([machine({ parts: [part(healthOf({ subscriptions: [{ ...subscription, ...rest }] }))] })]);

const cases: readonly (readonly [string, Examination, string])[] = [
  [
    'a machine out of reach',
    examination([machine(new MeshError('UNREACHABLE', 'no answer', { hint: 'mesh up main' }))]),
    'machines problem main: out of reach: no answer → mesh up main',
  ],
  [
    'a link that is down',
    examination([machine({ status: { ...status, links: { log: { up: false, sinceMs: 1, detail: 'refused' } } } })]),
    'machines problem main: its link to log is down: refused',
  ],
  [
    'what a node says of itself',
    examination([machine({ status: { ...status, problems: ['no disk'] } })]),
    'machines problem main: no disk → mesh status --machine main',
  ],
  [
    'a port that a stranger has',
    examination([machine()], {
      ports: [
        { ...port, state: 'taken' },
        { ...port, state: 'used' },
      ],
    }),
    'ports problem main.log: port 7402 on 127.0.0.1 is held by somebody else',
  ],
  [
    'a quarantined agent',
    examination([machine({ processes: [{ ...process, state: 'quarantined', why: 'five starts' }] })]),
    'agents problem echo@main: quarantined: five starts → mesh logs echo@main',
  ],
  [
    'an agent that failed',
    examination([machine({ processes: [{ ...process, state: 'failed' }] })]),
    'agents problem echo@main: failed → mesh logs echo@main',
  ],
  [
    'an agent that crashes',
    examination([machine({ processes: [{ ...process, state: 'backoff' }] })]),
    'agents warning echo@main: ended by itself',
  ],
  [
    'a busy agent',
    examination([machine({ processes: [{ ...process, state: 'busy' }] })]),
    'agents warning echo@main: busy',
  ],
  [
    'one that does not answer',
    examination([machine({ parts: [part(undefined)] })]),
    'silence problem echo@main: listed as serving, and does not answer',
  ],
  [
    'a degraded journal',
    examination([machine({ journal: { ...journal, degraded: 'disk full', pendingCount: 2 } })]),
    'journals problem journal of main: works only in part: disk full (2 records not yet on main)',
  ],
  [
    'a degraded log',
    examination([machine()], { log: { ...log, degraded: 'disk full' } }),
    'journals problem log: works only in part: disk full',
  ],
  [
    'a log whose file is damaged',
    examination([machine()], { log: { ...log, degraded: 'mesh.db is damaged: malformed' } }),
    'journals problem log: works only in part: mesh.db is damaged: malformed → check the disk; with main down, "mesh journal restore latest --log"',
  ],
  [
    'a log that is away',
    examination([machine()], { log: new MeshError('UNREACHABLE', 'gone', { hint: 'mesh ps' }) }),
    'journals problem log: gone → mesh ps',
  ],
  [
    'dead letters',
    examination([machine()], { groups: [{ ...group, dead: 2 }] }),
    'consumers warning group billing: has 2 dead letters of orders → mesh stream dead ls billing',
  ],
  [
    'a consumer group that lost records',
    examination([machine()], { groups: [{ ...group, lost: 1 }] }),
    "consumers warning group billing: lost 1 record of orders to the bound of main's log before they were settled",
  ],
  [
    'a consumer group without members',
    examination([machine()], { groups: [group, { ...group, members: [] }] }),
    'consumers warning group billing: has 3 records of orders to handle and no member: main keeps them for it',
  ],
  [
    'lost events',
    withSubscription({ missed: 7 }),
    'subscribers warning echo@main: its subscription to "metrics.>" lost 7 events on the way in the 1h since its start; its handler takes 5.0 ms an event',
  ],
  [
    'dropped events',
    withSubscription({ dropped: 1 }),
    'subscribers warning echo@main: its subscription to "metrics.>" dropped 1 event from a full queue of 100',
  ],
  [
    'a subscriber that is behind',
    withSubscription({ queued: 90, waitMs: 2_500 }),
    'subscribers warning echo@main: its subscription to "metrics.>" is 2.5 s behind, with 90 events of 100 waiting',
  ],
  [
    'a handler that fails',
    withSubscription({ failed: 2 }),
    'subscribers warning echo@main: the handler of its subscription to "metrics.>" failed 2 times',
  ],
  [
    'last values that made room',
    examination([machine({ parts: [part(healthOf({ counters: { 'events.evicted': 3 } }), 'broker')] })]),
    'brokers warning broker@main: let go of 3 last values',
  ],
  [
    'poor health',
    examination([machine({ parts: [part(healthOf({ health: { score: 20, reasons: ['loop lag'] } }))] })]),
    'health warning echo@main: its health is 20 of 100: loop lag → mesh registry show echo@main',
  ],
  ['another version', pc2({ version: '2.0.0' }), 'versions warning pc2: runs version 2.0.0, and main runs 1.0.0'],
  ['another protocol', pc2({ protocol: 2 }), 'versions problem pc2: speaks protocol 2, and main speaks 1'],
  [
    'a clock that is off',
    pc2({ clock: { offsetMs: -2_000, uncertaintyMs: 2 } }),
    'clocks warning pc2: its clock is 2.0 s behind that of main',
  ],
];

describe('the doctor', () => {
  it('finds nothing where all is well, and nothing in differences that mean nothing', () => {
    expect(diagnose(examination([machine()]))).to.deep.equal([]);
    expect(diagnose(pc2({ clock: { offsetMs: 510, uncertaintyMs: 100 } }))).to.deep.equal([]);
    expect(diagnose(examination([machine({ parts: [part(healthOf({ health: { reasons: [] } }))] })]))).to.deep.equal(
      [],
    );
  });

  for (const [name, seen, expected] of cases) {
    it(`finds ${name}`, () => {
      const findings = diagnose(seen);
      expect(findings).to.have.length(1);
      const [found] = findings;
      expect(`${found?.check} ${found?.severity} ${found?.subject}: ${found?.what} → ${found?.next}`).to.match(
        new RegExp(`^${expected.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`),
      );
      expect(found?.next).to.not.equal('');
    });
  }

  it('has a case here for every check, and tells problems before warnings', () => {
    const seen = new Set(cases.flatMap(([, one]) => diagnose(one).map(({ check }) => check)));
    expect([...seen].sort()).to.deep.equal(checks.map(({ name }) => name).sort());
    const both = diagnose(
      examination([
        machine({
          processes: [
            { ...process, state: 'busy' },
            { ...process, state: 'failed' },
          ],
        }),
      ]),
    );
    expect(both.map(({ severity }) => severity)).to.deep.equal(['problem', 'warning']);
  });
});
