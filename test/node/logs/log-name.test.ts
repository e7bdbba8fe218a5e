/** What the names of log files tell: which log, which bytes of it, and how far a change of state had come. */
import { expect } from 'chai';
import { type LogFileName, LogPaths, parseLogFileName } from '../../../agents/node/logs/log-name.js';

const span = { start: 0, end: 16_777_216, wallMs: Date.UTC(2026, 0, 31, 12, 0, 5) };
const piece = 'echo.log.000000000000000-000000016777216.20260131T120005Z';
const cases: [name: string, parsed: LogFileName | undefined][] = [
  ['echo.log', { kind: 'current', agent: 'echo' }],
  ['host-monitor.log.times', { kind: 'times', agent: 'host-monitor' }],
  ['echo.log.times.part', { kind: 'half', agent: 'echo' }],
  ['echo.log.copying', { kind: 'half', agent: 'echo' }],
  ['echo.log.1', { kind: 'aside', agent: 'echo' }],
  [piece, { kind: 'piece', agent: 'echo', span, isArchived: false }],
  [`${piece}.gz`, { kind: 'piece', agent: 'echo', span, isArchived: true }],
  [`${piece}.gz.part`, { kind: 'half', agent: 'echo' }],
  ['echo.log.cutting-300-80', { kind: 'cutting', agent: 'echo', cutting: { skippedBytes: 300, markerBytes: 80 } }],
  ['echo.log.old', undefined],
  ['echo.log.2026-01-31', undefined],
  ['Echo.log', undefined],
  ['notes.txt', undefined],
];

describe('the name of a log file', () => {
  for (const [name, parsed] of cases) {
    it(`${name} is ${parsed === undefined ? 'none of ours' : parsed.kind}`, () =>
      expect(parseLogFileName(name)).to.deep.equal(parsed));
  }

  it('is written as it is read', () => {
    const paths = new LogPaths('/logs', 'echo');
    expect(paths.piece(span)).to.equal(`/logs/${piece}`);
    expect(paths.cutting({ skippedBytes: 300, markerBytes: 80 })).to.equal('/logs/echo.log.cutting-300-80');
    expect([paths.current, paths.copying, paths.times, paths.aside]).to.deep.equal(
      ['', '.copying', '.times', '.1'].map((end) => `/logs/echo.log${end}`),
    );
  });

  it('of a later piece comes later in the alphabet', () => {
    const paths = new LogPaths('/logs', 'echo');
    const names = [9, 10, 1_000_000].map((start) => paths.piece({ start, end: start + 1, wallMs: 0 }));
    expect(names.toSorted()).to.deep.equal(names);
  });
});
