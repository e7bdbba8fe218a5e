import { expect } from 'chai';
import picocolors from 'picocolors';
import type { MachineSight } from '../../../cli/fleet/fleet-sight.js';
import { widthOf } from '../../../cli/terminal/table.js';
import type { TopControls } from '../../../cli/top/top-controls.js';
import { topPicture } from '../../../cli/top/top-picture.js';
import { topReport, topText } from '../../../cli/top/top-view.js';
import { topProcess } from './top-row.js';

const MIB = 1_048_576;
const plain = picocolors.createColors(false);
const coloured = picocolors.createColors(true);
const controls: TopControls = { sort: 'cpu', filter: '', isTyping: false, offset: 0 };

const main: MachineSight = {
  machine: 'main',
  role: 'main',
  reachable: true,
  ageMs: 5,
  problem: '',
  processes: [
    topProcess('echo@main', { cpuPercent: 12.5, rssBytes: 60 * MIB, openFiles: 30, restarts: 1 }),
    topProcess('broker@main', { cpuPercent: 2.5, rssBytes: 90 * MIB, openFiles: 50 }),
    topProcess('done@main', { state: 'completed', pid: null }),
  ],
  hours: new Map([
    ['node', { cpuPercent: [1, 2], rssBytes: [70 * MIB, 80 * MIB] }],
    ['echo', { cpuPercent: [0, 50, 100, null, 12], rssBytes: [60 * MIB] }],
  ]),
};
const pc2: MachineSight = {
  machine: 'pc2',
  role: 'secondary',
  reachable: false,
  ageMs: 72_000,
  problem: 'the node of pc2 does not answer',
  processes: [topProcess('far@pc2', { cpuPercent: 50, rssBytes: 10 * MIB })],
  hours: new Map(),
};

describe('the picture of top', () => {
  const { machines, total, processes } = topPicture([main, pc2]);

  it('sums agents, broker and node of each machine', () => {
    expect(machines[0]).to.deep.include({ machine: 'main', readyCount: 1, agentCount: 2, restarts: 1 });
    expect(machines[0]).to.include({ cpuPercent: 17, rssBytes: 230 * MIB, openFiles: 80 });
    expect(machines[0]?.node).to.deep.equal({ cpuPercent: 2, rssBytes: 80 * MIB });
  });

  it('keeps a machine that does not answer, and does not count it', () => {
    expect(machines[1]).to.include({ machine: 'pc2', reachable: false, ageMs: 72_000, cpuPercent: 50 });
    expect(total).to.include({ cpuPercent: 17, agentCount: 2 });
    expect(processes.find(({ agent }) => agent === 'far')).to.include({ reachable: false });
  });

  it('leaves out what rests', () => expect(processes.map(({ agent }) => agent)).to.not.include('done'));

  it('knows no sum of what nobody tells', () => {
    const silent = topPicture([{ ...main, processes: [topProcess('a@main')], hours: new Map() }]);
    expect(silent.total).to.include({ cpuPercent: null, openFiles: null, rssBytes: 0 });
  });
});

describe('top', () => {
  const picture = topPicture([main, pc2]);
  const at = (columns: number, rows: number, rest: Partial<TopControls> = {}) =>
    topText(picture, { ...controls, ...rest }, { columns, rows, colors: plain }).split('\n');

  it('fits a terminal of 80 columns with every figure that one sorts by', () => {
    const lines = at(80, 23);
    expect(lines[0]).to.match(/^MACHINE +STATE +READY +CPU +MEMORY +FILES +RESTARTS +NODE$/);
    expect(lines[1]).to.match(/^main +up +1\/2 +17% +230M +80 +1 +2\.0% 80M$/);
    expect(lines[3]).to.match(/^total +- +1\/2 +17%/);
    expect(lines[4]).to.equal('pc2: last heard of 1m12s ago; the node of pc2 does not answer');
    expect(lines[6]).to.match(/^AGENT +MACHINE +STATE +CPU +MEMORY +RESTARTS /);
    expect(lines[7]).to.match(/^far +pc2 +unreachable +50% +10M +0 /);
    expect(lines[8]).to.match(/^echo +main +ready +13% +60M +1 /);
    expect(lines.at(-1)).to.contain('q quit').and.contain('by cpu');
  });

  it('has the last hour of each agent where there is room, of what it is sorted by', () => {
    const byCpu = at(120, 23);
    expect(byCpu.find((line) => line.startsWith('AGENT'))).to.match(/CPU, LAST HOUR$/);
    expect(byCpu.find((line) => line.startsWith('echo'))).to.match(/▁▄█ ▁$/);
    expect(at(120, 23, { sort: 'memory' }).find((line) => line.startsWith('AGENT'))).to.match(/MEMORY, LAST HOUR$/);
    expect(at(60, 23).join('\n')).to.not.contain('HOUR');
  });

  it('never has more lines or columns than the terminal, and says how many rows it hides', () => {
    const processes = Array.from({ length: 74 }, (_, index) => topProcess(`agent-with-a-long-name-${index}@main`));
    const full = topPicture([{ ...main, processes }, pc2]);
    for (const [columns, rows] of [
      [80, 23],
      [200, 50],
      [20, 10],
      [40, 4],
    ] as const) {
      const lines = topText(full, controls, { columns, rows, colors: coloured }).split('\n');
      expect(lines.length).to.be.at.most(rows);
      expect(Math.max(...lines.map(widthOf))).to.be.at.most(columns);
    }
    const lines = topText(full, controls, { columns: 80, rows: 23, colors: plain }).split('\n');
    const shown = lines.filter((line) => /^(agent-with|far)/.test(line)).length;
    expect(lines.at(-2)).to.equal(`… ${75 - shown} more rows`);
  });

  it('scrolls to the last row and no further', () => {
    const processes = Array.from({ length: 30 }, (_, index) =>
      topProcess(`agent-${String(index).padStart(2, '0')}@main`),
    );
    const full = topPicture([{ ...main, processes }]);
    const last = topText(full, { ...controls, sort: 'name', offset: 999 }, { columns: 80, rows: 15, colors: plain });
    expect(last).to.contain('agent-29').and.not.contain('more row');
  });

  it('shows the filter while it is typed, and that nothing matches', () => {
    expect(at(80, 23, { filter: 'ech', isTyping: true }).at(-1)).to.contain('filter: ech');
    const lines = at(80, 23, { filter: 'xyz' });
    expect(lines.join('\n')).to.contain('no agent matches the filter');
    expect(lines.at(-1)).to.contain('filter: xyz');
  });

  it('is as a report the whole table without keys', () => {
    const text = topReport(picture, controls, { columns: 132, colors: plain });
    expect(text).to.contain('far').and.contain('echo').and.contain('LAST HOUR').and.not.contain('q quit');
  });
});
