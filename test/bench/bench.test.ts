/** The bench as a command: what it prints and how it refuses. Its figures are nobody's promise here. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { figureOf, measureRow, resultOf } from '../../bench/measure/measure-row.js';
import { median } from '../../bench/measure/median.js';
import type { Peer, RatioRow, Side } from '../../bench/measure/row.js';
import type { Need } from '../../bench/peers/need.js';

const PROGRAM = fileURLToPath(new URL('../../bench/main.js', import.meta.url));

interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

const bench = (...args: string[]): Promise<Ended> =>
  new Promise((resolve) => {
    const child = execFile(process.execPath, [PROGRAM, ...args], (_error, stdout, stderr) =>
      resolve({ exitCode: child.exitCode ?? -1, stdout, stderr }),
    );
  });

describe('the bench', () => {
  it('prints nothing but the array of results with --json', async function () {
    this.timeout(60_000);
    const { exitCode, stdout, stderr } = await bench('--json', '--only', 'calls', '--runs', '1', '--quick');
    expect(exitCode, stderr).to.equal(0);
    const results: unknown = JSON.parse(stdout);
    expect(results).to.be.an('array').with.length(3);
    const peers = (results as Record<string, unknown>[]).map(({ peerName }) => peerName);
    expect(peers).to.satisfy((names: string[]) => names.some((name) => name.includes('zeromq.js')));
    for (const result of results as Record<string, unknown>[]) {
      expect(result).to.include({ row: 'calls' });
      if (result['kind'] === 'skipped') {
        console.warn(`SKIPPED: ${result['peerName']}: ${result['missing']} missing`);
        expect(result).to.have.all.keys('row', 'kind', 'peerName', 'goal', 'missing', 'install');
        continue;
      }
      expect(result).to.have.all.keys('row', 'kind', 'unit', 'ours', 'peer', 'peerName', 'ratio', 'goal', 'holds');
      for (const key of ['ours', 'peer', 'ratio', 'goal']) expect(result[key], key).to.be.a('number').above(0);
      expect(result['holds']).to.be.a('boolean');
    }
  });

  it('refuses a row that does not exist, with the rows that do', async () => {
    const { exitCode, stdout, stderr } = await bench('--only', 'event');
    expect(exitCode).to.equal(2);
    expect(stdout).to.equal('');
    expect(stderr).to.include('there is no row "event"').and.include('did you mean events?').and.include('calls');
  });

  it('refuses a number of runs that is none', async () => {
    expect((await bench('--runs', 'many')).exitCode).to.equal(2);
  });
});

describe('a result of the bench', () => {
  const row = { name: 'r', unit: 'u', better: 'more' } as const;
  const peer = { name: 'p', goal: 2 };

  it('is the median of the ratios of each pair, not the ratio of the medians', () => {
    const pairs = [
      { ours: 10, peer: 1 },
      { ours: 20, peer: 10 },
      { ours: 30, peer: 2 },
    ];
    expect(resultOf(row, peer, pairs)).to.include({ ours: 20, peer: 2, ratio: 10, holds: true });
  });

  it('is above 1 when we take less time, where less is better', () => {
    const result = resultOf({ ...row, better: 'less' }, peer, [{ ours: 50, peer: 75 }]);
    expect(result).to.include({ ratio: 1.5, holds: false });
  });

  it('is the median of the figures where there is no peer, and holds up to its bound', () => {
    const bounded = { name: 'b', kind: 'bound', title: '', unit: 'ms', bound: 50 } as const;
    expect(figureOf(bounded, [10, 50, 90])).to.deep.equal({
      row: 'b',
      kind: 'bound',
      unit: 'ms',
      figure: 50,
      bound: 50,
      better: 'less',
      holds: true,
    });
    expect(figureOf(bounded, [10, 51, 90]).holds).to.equal(false);
  });

  it('holds from its bound on where more is better', () => {
    const bounded = { name: 'b', kind: 'bound', title: '', unit: 'records/s', bound: 50, better: 'more' } as const;
    expect(figureOf(bounded, [10, 50, 90]).holds).to.equal(true);
    expect(figureOf(bounded, [10, 49, 90]).holds).to.equal(false);
  });

  it('takes the mean of the two in the middle when the runs are even', () => {
    expect(median([4, 1, 3, 100])).to.equal(3.5);
  });
});

describe('a peer that is not installed', () => {
  const absent: Need = { name: 'absent', install: 'get absent', version: () => undefined };
  const side: Side = { measure: async () => 2, close: async () => undefined };
  const present: Peer = { name: 'present', goal: 1, open: async () => side };
  const missing: Peer = { name: 'missing', goal: 1, needs: [absent], open: () => Promise.reject(new Error('opened')) };
  const rowOf = (...peers: Peer[]): RatioRow => ({
    kind: 'ratio',
    name: 'r',
    title: '',
    unit: 'u',
    better: 'more',
    openOurs: async () => side,
    peers,
  });
  const effort = { size: 'quick', runs: 2, runMs: 1, warmUpMs: 1 } as const;
  const never = new Promise<never>(() => undefined);

  it('is left out and told of with the command that installs it, and the others are measured', async () => {
    const told: string[] = [];
    const results = await measureRow(rowOf(missing, present), effort, (line) => told.push(line), never);
    expect(results.map(({ kind }) => kind)).to.deep.equal(['skipped', 'ratio']);
    expect(results[0]).to.deep.include({ peerName: 'missing', missing: ['absent'], install: ['get absent'] });
    expect(told.join()).to.include('SKIPPED').and.include('get absent');
  });

  it('leaves nothing to do where it is the only one', async () => {
    const row = { ...rowOf(missing), openOurs: () => Promise.reject(new Error('opened')) };
    const results = await measureRow(row, effort, () => undefined, never);
    expect(results.map(({ kind }) => kind)).to.deep.equal(['skipped']);
  });

  it('is not the same as a peer that fails: then whatever opened is closed', async () => {
    let closedCount = 0;
    const close = async () => {
      closedCount++;
    };
    const failing: Peer = { name: 'failing', goal: 1, open: () => Promise.reject(new Error('no port')) };
    const row = { ...rowOf(failing), openOurs: async () => ({ ...side, close }) };
    const failure = await measureRow(row, effort, () => undefined, never).catch((error: Error) => error.message);
    expect(failure).to.equal('no port');
    expect(closedCount).to.equal(1);
  });
});
