/** `mesh policy` without a running fleet, and how it words what callers tell. */
import { expect } from 'chai';
import picocolors from 'picocolors';
import { callForm, callRowOf } from '../../cli/rows/call-row.js';
import { errorOf, runMesh } from './mesh-process.js';
import { useSampleFleet } from './sample-fleet.js';

const POLICIES = `- match: { service: "*" }
  timeoutMs: 2000
- match: { service: echo, action: "s*" }
  retries: 3
  breaker: { consecutiveFailures: 2 }
  fallback: { target: echo@pc2.say }
`;

describe('mesh policy', () => {
  const fleet = useSampleFleet();
  const mesh = (...args: string[]) => runMesh(args, { cwd: fleet().home });

  it('ls says how to have some where there are none', async () => {
    expect(await mesh('policy', 'ls')).to.deep.equal({
      code: 0,
      stdout: '',
      stderr: 'the fleet has no policies: every call has the defaults; rules are written to config/policies.yaml\n',
    });
    expect((await mesh('policy', 'ls', '--json')).stdout).to.equal('[]\n');
  });

  describe('in a fleet that has some', () => {
    before(() => {
      fleet().write('config/policies.yaml', POLICIES);
      fleet().write(
        'config/environments/staging.yaml',
        'policies:\n  - match: { service: echo, action: "s*" }\n    retries: null\n',
      );
    });

    it('ls tells each rule with its place', async () => {
      const { code, stdout } = await mesh('policy', 'ls');
      expect(code).to.equal(0);
      expect(stdout.split('\n').map((line) => line.replaceAll(/ {2,}/g, ' | '))).to.deep.equal([
        'SERVICE | ACTION | POLICY | ORIGIN',
        '* | * | timeoutMs 2000 | config/policies.yaml:1',
        'echo | s* | retries 3, breaker {consecutiveFailures: 2}, fallback {target: "echo@pc2.say"} | config/policies.yaml:3',
        '',
      ]);
    });

    it('ls tells a script the same, and those of an environment behind them', async () => {
      const rows = JSON.parse((await mesh('policy', 'ls', '--env', 'staging', '--json')).stdout);
      expect(rows.slice(1)).to.deep.equal([
        {
          service: 'echo',
          action: 's*',
          policy: { retries: 3, breaker: { consecutiveFailures: 2 }, fallback: { target: 'echo@pc2.say' } },
          file: 'config/policies.yaml',
          line: 3,
        },
        {
          service: 'echo',
          action: 's*',
          policy: { retries: null },
          file: 'config/environments/staging.yaml',
          line: 2,
        },
      ]);
      expect((await mesh('policy', 'ls', '-o', 'name')).stdout).to.equal('*.*\necho.s*\n');
    });

    it('test tells which rule gives which field though nobody answers, and says that nobody does', async () => {
      const { code, stdout, stderr } = await mesh('policy', 'test', 'echo.say', '--json', '--env', 'staging');
      expect(code).to.equal(7);
      expect(stderr).to.contain('no node of the mesh answers');
      const { fields, ...rest } = JSON.parse(stdout) as { fields: { field: string }[] };
      expect(rest).to.deep.equal({ service: 'echo', action: 'say', calls: [] });
      const of = (field: string) => fields.find((row) => row.field === field);
      const place = { match: 'echo.s*', file: 'config/policies.yaml', line: 3 };
      expect(of('timeoutMs')).to.deep.equal({
        field: 'timeoutMs',
        value: 2000,
        match: '*.*',
        file: 'config/policies.yaml',
        line: 1,
      });
      expect(of('retries'), 'null takes back').to.deep.equal({
        field: 'retries',
        value: 2,
        match: 'echo.s*',
        file: 'config/environments/staging.yaml',
        line: 2,
      });
      expect(of('breaker'), 'with the defaults of what it does not say').to.deep.equal({
        field: 'breaker',
        value: {
          consecutiveFailures: 2,
          failureRate: 0.5,
          windowMs: 10_000,
          callsMin: 20,
          openMs: 1_000,
          openMsMax: 30_000,
        },
        ...place,
      });
      expect(of('strategy')).to.deep.equal({
        field: 'strategy',
        value: 'least-latency',
        match: null,
        file: null,
        line: null,
      });
      expect(of('bulkhead')).to.include({ value: null, match: null });
      expect(of('idempotent')).to.include({ value: null, match: null });
      const shown = await mesh('policy', 'test', 'echo.say');
      expect(shown.stdout).to.match(/^idempotent +as the action says +default$/m);
    });

    it('test refuses what is no action, and names the agent that was meant', async () => {
      const unknown = await mesh('policy', 'test', 'ehco.say');
      expect(unknown.code).to.equal(3);
      expect(unknown.stderr).to.equal(
        'error: the fleet has no agent "ehco"\ndid you mean echo?\nnext: mesh registry ls\n',
      );
      const noAction = await mesh('policy', 'test', 'echo', '--json');
      expect(noAction.code).to.equal(2);
      expect(errorOf(noAction)).to.include({ code: 'INVALID_INPUT' });
      expect((await mesh('policy', 'test', 'echo.say', '-n', '0')).code).to.equal(2);
    });

    it('names file and line of a fault', async () => {
      fleet().write('config/policies.yaml', '- match: { service: ehco }\n  retries: 1\n');
      const { code, stderr } = await mesh('policy', 'ls');
      expect(code).to.equal(2);
      expect(stderr).to.contain('config/policies.yaml:1: there is no agent `ehco`; did you mean echo?');
    });
  });
});

describe('a call under a policy', () => {
  const call = {
    tsMs: Date.UTC(2026, 0, 31, 12),
    service: 'vision',
    action: 'detect',
    durationMs: 203.4,
    waitedMs: 0,
    attempts: [],
    fallback: '',
    code: '',
  };
  const texts = (rest: object) => {
    const row = callRowOf('caller@main', { ...call, ...rest });
    return callForm(picocolors.createColors(false))
      .columns.slice(1)
      .map(({ value }) => value(row));
  };
  const failed = { instance: 'vision@pc2', breaker: 'half-open', durationMs: 199.6, code: 'TIMED_OUT' };
  const well = { instance: 'vision@main', breaker: 'closed', durationMs: 3.2, code: '' };

  it('is told attempt by attempt', () => {
    expect(texts({ attempts: [failed, well] })).to.deep.equal([
      'caller@main',
      '203ms',
      'ok',
      'vision@pc2 TIMED_OUT 200ms (half-open), vision@main ok 3ms',
    ]);
  });

  it('tells its wait, its refusal and what stood in', () => {
    expect(texts({ attempts: [well], waitedMs: 12.3 }).slice(2)).to.deep.equal([
      'ok',
      'waited 12ms for room, vision@main ok 3ms',
    ]);
    expect(texts({ code: 'CIRCUIT_OPEN' }).slice(2)).to.deep.equal(['CIRCUIT_OPEN', 'not sent']);
    expect(texts({ attempts: [failed], fallback: 'small.detect' }).slice(2)).to.deep.equal([
      'fallback',
      'vision@pc2 TIMED_OUT 200ms (half-open), then small.detect',
    ]);
  });

  it('tells a script the time in words that sort', () => {
    expect(callRowOf('caller@main', call)).to.deep.equal({
      caller: 'caller@main',
      ts: '2026-01-31T12:00:00.000Z',
      service: 'vision',
      action: 'detect',
      durationMs: 203,
      waitedMs: 0,
      attempts: [],
      fallback: '',
      code: '',
    });
  });
});
