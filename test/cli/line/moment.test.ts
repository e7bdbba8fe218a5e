/** What people write for a time. */
import { expect } from 'chai';
import { parseMoment } from '../../../cli/line/moment.js';

const now = Date.UTC(2026, 0, 31, 12);
const cases: [text: string, wallMs: number][] = [
  ['250ms', now - 250],
  ['90s', now - 90_000],
  ['10m', now - 600_000],
  ['2h', now - 7_200_000],
  ['1d', now - 86_400_000],
  ['999999999d', 0],
  ['2026-01-30T10:00:00Z', Date.UTC(2026, 0, 30, 10)],
  ['2026-01-30T10:00:00+02:00', Date.UTC(2026, 0, 30, 8)],
  ['2026-01-30 10:00', new Date(2026, 0, 30, 10).getTime()],
  ['2026-01-30', new Date(2026, 0, 30).getTime()],
];

describe('a time as people write it', () => {
  for (const [text, wallMs] of cases) {
    it(`${text} is a moment`, () => expect(parseMoment(text, now)).to.equal(wallMs));
  }
  for (const text of ['', '10', 'm', '10 m', '-5m', '10w', 'yesterday', '2026-02-31T99:00', '12:00']) {
    it(`"${text}" is none`, () => {
      expect(() => parseMoment(text, now))
        .to.throw(`"${text}" is no time`)
        .and.to.have.property('code', 'USAGE');
    });
  }
});
