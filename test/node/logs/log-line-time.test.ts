/** The time that a line tells of itself. */
import { expect } from 'chai';
import { timeInLine } from '../../../agents/node/logs/log-line-time.js';

const at = Date.UTC(2026, 10, 21, 13, 18, 44, 120);
const cases: [line: string, wallMs: number | undefined][] = [
  ['{"level":"info","time":"2026-11-21T13:18:44.120Z","agent":"echo","msg":"up"}', at],
  [`{"level":30,"time":${at},"msg":"up"}`, at],
  [`{"time":${at}}`, at],
  ['2026-11-21T13:18:44.120Z up', at],
  ['2026-11-21 14:18:44,120+0100 up', at],
  ['[2026-11-21T15:18:44.12+02:00] up', at],
  ['2026-11-21T13:18:44Z', at - 120],
  ['2026-11-21 13:18:44 whose clock is it?', undefined],
  ['2026-13-45T13:18:44Z', undefined],
  ['{"time":"yesterday, at about noon"}', undefined],
  ['{"time":12}', undefined],
  [`{"pad":"${'x'.repeat(600)}","time":${at}}`, undefined],
  ['Error: it broke', undefined],
  ['', undefined],
];

describe('the time in a line', () => {
  for (const [line, wallMs] of cases) {
    it(`of ${line.slice(0, 60) || 'an empty line'} is ${wallMs === undefined ? 'not known' : 'what it says'}`, () =>
      expect(timeInLine(line)).to.equal(wallMs));
  }
});
