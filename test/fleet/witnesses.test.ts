/** Those who judge the fault tests see what they are there to see. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'chai';
import { Figures, findingLine } from '../support/oracle/figures.js';
import { IncarnationWatch } from '../support/processes/incarnation-watch.js';
import { residents } from '../support/processes/process-census.js';
import { waitUntil } from '../support/wait-for.js';

describe('the watch for doubles', () => {
  const token = `test-${process.pid}`;
  const started: ChildProcess[] = [];

  const start = (agent: string, epoch: number) => {
    const env = { MESH_TOKEN: token, MESH_AGENT: agent, MESH_EPOCH: String(epoch) };
    started.push(spawn('/bin/sleep', ['60'], { env, detached: true, stdio: 'ignore' }));
  };
  const seen = (count: number) =>
    waitUntil('all to be seen', () => residents(new Set([token])).filter(({ isLeader }) => isLeader).length === count);

  afterEach(async () => {
    for (const child of started.splice(0)) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  });

  it('sees two incarnations of one agent that live at once', async () => {
    const watch = new IncarnationWatch([token]);
    start('echo', 1);
    start('echo', 2);
    await waitUntil('both to be noticed', () => watch.doubles.size > 0);
    watch.close();
    expect([...watch.doubles].join()).to.match(/^echo ran as \d+ and as \d+$/);
  });

  it('takes neither two agents nor the helpers of one incarnation for doubles', async () => {
    const watch = new IncarnationWatch([token]);
    start('echo', 1);
    start('echo', 1);
    start('probe', 2);
    await seen(3);
    const { samples } = watch;
    await waitUntil('another look', () => watch.samples > samples + 1);
    watch.close();
    expect([...watch.doubles]).to.deep.equal([]);
  });
});

describe('figures', () => {
  it('hold as long as none is over its bound, and say by how much one is', () => {
    const figures = new Figures();
    const back = { what: 'back', unit: 'ms', of: 'p99', atMost: 100 } as const;
    const lost = { what: 'lost', unit: '', of: 'sum', atMost: 0 } as const;
    for (let sample = 1; sample <= 100; sample++) figures.add(back, sample === 100 ? 900 : sample);
    figures.count(lost, []);
    expect(figures.findings.map(({ figure, holds }) => [figure, holds])).to.deep.equal([
      [99, true],
      [0, true],
    ]);
    figures.count(lost, ['record 7']);
    for (let sample = 0; sample < 2; sample++) figures.add(back, 900);
    expect(figures.findings.map(findingLine)).to.deep.equal([
      'FAIL back: p99 900 ms, at most 100 (102 samples)',
      'FAIL lost: 1, at most 0 (2 samples)\n       record 7',
    ]);
  });
});
