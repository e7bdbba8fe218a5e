import { expect } from 'chai';
import picocolors from 'picocolors';
import { changesBetween, liveText } from '../../../cli/launch/live-view.js';
import type { ProcessRow } from '../../../cli/rows/process-row.js';
import { widthOf } from '../../../cli/terminal/table.js';

const plain = picocolors.createColors(false);
const coloured = picocolors.createColors(true);

const process = (agent: string, rest: Partial<ProcessRow> = {}): ProcessRow => ({
  machine: 'main',
  agent,
  instance: `${agent}@main`,
  kind: 'agent',
  state: 'ready',
  pid: 7,
  restarts: 0,
  startedAt: null,
  uptimeMs: 5_000,
  cpuPercent: null,
  rssBytes: 0,
  openFiles: null,
  loopLagMs: 0,
  wave: 0,
  required: false,
  outdated: false,
  why: '',
  lastExit: null,
  ...rest,
});

function errorOfId(id: number) {
  return {
    id,
    stream: 'errors',
    machine: 'main',
    agent: 'echo',
    seq: id,
    ts: '2025-01-01T00:00:00.000Z',
    body: null,
    epoch: 1,
    journalId: '',
    integrity: 'verified',
    code: 'X',
    message: `error ${id}`,
    severity: 'error',
    fingerprint: '',
    count: 1,
  };
}

describe('the live view', () => {
  const error = { ...errorOfId(1), message: 'two\nlines' };
  const picture = {
    meshName: 'sample',
    machines: [{ name: 'main', phase: 'ready' }],
    processes: [process('echo'), process('http-probe', { state: 'backoff', pid: null })],
    errors: [error],
    notes: ['12:00:00 main was stopped'],
    warnings: ['security: insecure'],
  };

  it('shows machines, agents, errors, notes, warnings and what to try next', () => {
    const text = liveText(picture, { columns: 100, rows: 40, colors: plain });
    expect(text).to.contain('mesh sample  main ready 1/2');
    for (const part of ['echo', 'backoff', 'two lines', 'main was stopped', 'security: insecure', 'TRY NEXT']) {
      expect(text).to.contain(part);
    }
  });

  it('never has more lines or columns than the terminal', () => {
    const processes = Array.from({ length: 60 }, (_, index) => process(`agent-with-a-long-name-${index}`));
    const errors = Array.from({ length: 60 }, (_, index) => errorOfId(index));
    for (const [columns, rows] of [
      [80, 24],
      [200, 50],
      [20, 10],
      [40, 5],
    ] as const) {
      const lines = liveText({ ...picture, processes, errors }, { columns, rows, colors: coloured }).split('\n');
      expect(lines.length).to.be.at.most(rows);
      expect(Math.max(...lines.map(widthOf))).to.be.at.most(columns);
    }
  });

  it('tells what changed since the last picture', () => {
    const before = [process('a'), process('b'), process('c')];
    const after = [
      process('a', { uptimeMs: 9 }),
      process('b', { pid: 8 }),
      process('c', { state: 'busy' }),
      process('d'),
    ];
    expect(changesBetween(before, after).map(({ agent }) => agent)).to.deep.equal(['b', 'c', 'd']);
  });
});
