import { expect } from 'chai';
import picocolors from 'picocolors';
import { jsonText } from '../../cli/json-text.js';
import { changesBetween, liveText } from '../../cli/live-view.js';
import { isHopeless } from '../../cli/machine-start.js';
import { type ProcessRow, processRowOf } from '../../cli/process-row.js';
import { ageText, isoTime, sizeText } from '../../cli/quantity.js';
import { errorRowOf, recordRowOf } from '../../cli/record-row.js';
import { routeOf } from '../../cli/route.js';
import { type Column, clip, tableText, widthOf } from '../../cli/table.js';
import { encode } from '../../common/protocol/codec.js';

const plain = picocolors.createColors(false);
const coloured = picocolors.createColors(true);

describe('quantities', () => {
  const ages: readonly [number, string][] = [
    [-5, '0s'],
    [999, '0s'],
    [59_999, '59s'],
    [60_000, '1m'],
    [192_000, '3m12s'],
    [7_500_000, '2h5m'],
    [273_600_000, '3d4h'],
  ];
  for (const [ms, text] of ages) it(`an age of ${ms} ms is ${text}`, () => expect(ageText(ms)).to.equal(text));

  const sizes: readonly [number, string][] = [
    [0, '0B'],
    [812, '812B'],
    [1_023, '1023B'],
    [1_536, '1.5K'],
    [44_040_192, '42M'],
    [1_073_741_823, '1.0G'],
  ];
  for (const [bytes, text] of sizes)
    it(`a size of ${bytes} bytes is ${text}`, () => expect(sizeText(bytes)).to.equal(text));

  it('a time that has not come is null', () => {
    expect(isoTime(0)).to.equal(null);
    expect(isoTime(1_000)).to.equal('1970-01-01T00:00:01.000Z');
  });
});

describe('JSON text', () => {
  const values: readonly [unknown, string][] = [
    [undefined, 'null'],
    [{ a: 1n, b: 2n ** 60n }, '{"a":1,"b":"1152921504606846976"}'],
    [[Number.NaN, Number.POSITIVE_INFINITY], '["NaN","Infinity"]'],
    [Buffer.from('hi'), '{"base64":"aGk="}'],
    [{ body: new Uint8Array([1, 2]) }, '{"body":{"base64":"AQI="}}'],
    [new Map([['a', 1]]), '{"a":1}'],
    [new Date(0), '"1970-01-01T00:00:00.000Z"'],
  ];
  for (const [value, text] of values) it(`writes ${text}`, () => expect(jsonText(value)).to.equal(text));
});

describe('a table', () => {
  interface Row {
    readonly name: string;
    readonly text: string;
  }
  const columns: Column<Row>[] = [
    { head: 'name', value: ({ name }) => name },
    { head: 'text', value: ({ text }) => text, optional: true },
  ];

  it('is borderless, with upper-case heads and no trailing blanks', () => {
    const rows = [
      { name: 'echo', text: 'a' },
      { name: 'host-monitor', text: 'bb' },
    ];
    expect(tableText(rows, columns, 80)).to.equal('NAME          TEXT\necho          a\nhost-monitor  bb');
  });

  it('leaves out optional columns that do not fit, and keeps a row on its line', () => {
    expect(tableText([{ name: 'echo', text: 'one\ntwo' }], columns, 80)).to.equal('NAME  TEXT\necho  one ⏎ two');
    expect(tableText([{ name: 'echo', text: 'one\ntwo' }], columns, 10)).to.equal('NAME\necho');
  });

  it('clips a line without counting its colours', () => {
    const text = `${coloured.red('error')} echo`;
    expect(clip(text, 10)).to.equal(text);
    expect(widthOf(clip(text, 7))).to.equal(7);
    expect(clip('abc', 2)).to.equal('a…');
  });
});

describe('a route', () => {
  const paths = ['ps', 'registry ls', 'error tail', 'stream tail'];
  const valued = new Set(['--mesh', '-o']);
  const route = (...argv: string[]) => routeOf(argv, paths, valued);

  it('finds the command wherever the options for all commands stand', () => {
    expect(route('ps')).to.deep.equal({ kind: 'command', path: 'ps', rest: [] });
    expect(route('--mesh', 'ps', 'registry', '-o', 'json', 'ls', '-a')).to.deep.equal({
      kind: 'command',
      path: 'registry ls',
      rest: ['--mesh', 'ps', '-o', 'json', '-a'],
    });
    expect(route('--json')).to.deep.equal({ kind: 'root', path: '', rest: ['--json'] });
    expect(route('registry', '--help')).to.deep.equal({ kind: 'group', path: 'registry', rest: ['--help'] });
  });

  it('refuses other words with the nearest command', () => {
    expect(() => route('pss'))
      .to.throw('"mesh pss"')
      .with.nested.property('details.didYouMean', 'mesh ps');
    expect(() => route('registry', 'lss'))
      .to.throw()
      .with.nested.property('details.didYouMean', 'mesh registry ls');
    expect(() => route('tail'))
      .to.throw()
      .with.nested.property('details.didYouMean', 'mesh error tail');
    expect(() => route('zzzzzz'))
      .to.throw()
      .with.property('details', undefined);
  });
});

const process = (agent: string, rest: Partial<ProcessRow> = {}): ProcessRow => ({
  machine: 'main',
  agent,
  instance: `${agent}@main`,
  state: 'ready',
  pid: 7,
  restarts: 0,
  startedAt: null,
  uptimeMs: 5_000,
  cpuPercent: null,
  rssBytes: 0,
  loopLagMs: 0,
  wave: 0,
  lastExit: null,
  ...rest,
});

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
    wave: 1,
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
    expect(errorRowOf(record).fingerprint).to.match(/^[0-9a-f]{16}$/);
  });

  it('is shown whatever its body is', () => {
    expect(recordRowOf({ ...record, body: Buffer.from([0xc1]) }).body).to.deep.equal({ base64: 'wQ==' });
    expect(errorRowOf({ ...record, body: encode(5) })).to.deep.include({ code: 'UNREADABLE', message: '5' });
  });
});

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

describe('a start that cannot get any further', () => {
  const agents = [
    { name: 'a', after: [] },
    { name: 'b', after: ['a'] },
    { name: 'c', after: ['b'] },
    { name: 'd', after: [] },
  ];
  const row = (agent: string, state: 'ready' | 'starting' | 'backoff' | 'stopped', restarts = 0) => ({
    agent,
    state,
    restarts,
  });
  const hopeless = (...rows: ReturnType<typeof row>[]) => isHopeless({ agents: agents.map(specOf) }, rows);

  it('is one where all that is not ready falls again and again, or waits for that', () => {
    expect(hopeless(row('a', 'backoff', 2), row('b', 'stopped'), row('c', 'stopped'), row('d', 'ready'))).to.equal(
      true,
    );
    expect(hopeless(row('broker', 'backoff', 3))).to.equal(true);
  });

  it('is none while something may still become ready', () => {
    expect(hopeless(row('a', 'backoff', 1), row('b', 'stopped'), row('c', 'stopped'), row('d', 'ready'))).to.equal(
      false,
    );
    expect(hopeless(row('a', 'backoff', 2), row('d', 'starting'))).to.equal(false);
    expect(hopeless(row('a', 'ready'), row('b', 'ready'), row('c', 'ready'), row('d', 'ready'))).to.equal(false);
    expect(hopeless(row('a', 'ready', 5), row('b', 'starting'), row('c', 'stopped'), row('d', 'ready'))).to.equal(
      false,
    );
  });
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

const specOf = ({ name, after }: { name: string; after: string[] }) => ({
  name,
  after,
  machine: 'main',
  instance: `${name}@main`,
  module: name,
  modulePath: '',
  wave: 0,
  config: {},
  env: {},
  port: 0,
  readyTimeoutMs: 1,
  stopGraceMs: 1,
  origin: { file: '', line: 1, column: 1 },
});
