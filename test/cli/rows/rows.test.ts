import { expect } from 'chai';
import picocolors from 'picocolors';
import { type ProcessRow, processForm, processRowOf } from '../../../cli/rows/process-row.js';
import { errorRowOf, recordRowOf } from '../../../cli/rows/record-row.js';
import { encode } from '../../../common/protocol/frames/codec.js';

describe('a row of ps', () => {
  const body = {
    agent: 'echo',
    machine: 'main',
    instance: 'echo@main',
    kind: 'agent' as const,
    epoch: 1,
    state: 'ready' as const,
    sinceMs: 1_000,
    pid: 42,
    version: '1.0.0',
    capabilities: [],
    actions: ['say'],
    control: '',
    restarts: 1,
    startedMs: 1_000,
    loopLagMs: 0.5,
    rssBytes: 100,
    cpuPercent: null,
    openFiles: null,
    wave: 1,
    required: false,
    outdated: false,
    why: '',
  };

  it('has the fields that scripts rely on', () => {
    expect(processRowOf(body, 3_500)).to.deep.include({
      machine: 'main',
      agent: 'echo',
      instance: 'echo@main',
      state: 'ready',
      pid: 42,
      restarts: 1,
      startedAt: '1970-01-01T00:00:01.000Z',
      uptimeMs: 2_500,
      cpuPercent: null,
      rssBytes: 100,
      loopLagMs: 0.5,
    });
  });

  it('tells what the process uses, and why it is as it is', () => {
    const { columns } = processForm(picocolors.createColors(false));
    const cellsOf = (row: ProcessRow) => Object.fromEntries(columns.map(({ head, value }) => [head, value(row)]));
    const used = { ...body, cpuPercent: 12.34, openFiles: 31, rssBytes: 44_040_192, why: 'over its memory limit' };
    expect(cellsOf(processRowOf(used, 3_500))).to.include({ cpu: '12%', memory: '42M', files: '31', lag: '1ms' });
    expect(cellsOf(processRowOf(used, 3_500))).to.include({ why: 'over its memory limit' });
    expect(cellsOf(processRowOf(body, 3_500))).to.include({ cpu: '-', files: '-', why: '-' });
  });

  it('has no pid and no uptime without a process, and never a negative uptime', () => {
    expect(processRowOf({ ...body, pid: 0 }, 3_500)).to.deep.include({ pid: null, uptimeMs: 0 });
    expect(processRowOf(body, 500)).to.deep.include({ uptimeMs: 0 });
  });
});

describe('a record', () => {
  const record = {
    id: 9,
    stream: 'errors',
    machine: 'pc2',
    agent: 'echo',
    epoch: 1,
    tsMs: 1_000,
    journalId: 'a'.repeat(20),
    seq: 3,
    hash: Buffer.alloc(32),
    integrity: 'verified' as const,
    body: encode({ code: 'X', message: 'it broke', severity: 'error', component: 'agent' }),
  };

  it('shows its body, and an error its report', () => {
    expect(recordRowOf(record)).to.deep.include({ id: 9, stream: 'errors', machine: 'pc2', agent: 'echo', seq: 3 });
    expect(recordRowOf(record)).to.have.property('ts', '1970-01-01T00:00:01.000Z');
    expect(errorRowOf(record)).to.deep.include({ code: 'X', message: 'it broke', severity: 'error', count: 1 });
    expect(errorRowOf(record).fingerprint).to.match(/^m2-[0-9a-f]{16}$/);
  });

  it('is shown whatever its body is', () => {
    expect(recordRowOf({ ...record, body: Buffer.from([0xc1]) }).body).to.deep.equal({ base64: 'wQ==' });
    expect(errorRowOf({ ...record, body: encode(5) })).to.deep.include({ code: 'UNREADABLE', message: '5' });
  });
});
