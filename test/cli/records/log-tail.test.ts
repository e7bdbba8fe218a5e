import { expect } from 'chai';
import { tailPlace } from '../../../cli/records/log-tail.js';
import { expectError } from '../../support/expect-error.js';

const NOW_MS = Date.parse('2026-01-31T12:00:00Z');

describe('a place in the log as it is typed', () => {
  const places: [text: string, place: unknown][] = [
    ['start', 'start'],
    ['new', 'new'],
    ['17', { id: 17 }],
    ['10m', { timeMs: NOW_MS - 600_000 }],
    ['2026-01-31T11:00Z', { timeMs: NOW_MS - 3_600_000 }],
  ];
  for (const [text, place] of places) {
    it(`is ${JSON.stringify(place)} for ${text}`, () => {
      expect(tailPlace(text, NOW_MS)).to.deep.equal(place);
    });
  }

  it('is refused with what it may be, and the word that comes near', () => {
    const error = expectError('USAGE', () => tailPlace('stat', NOW_MS));
    expect(error.hint).to.include('start, new, an id');
    expect(error.details).to.include({ didYouMean: '--from start' });
    expectError('USAGE', () => tailPlace('0', NOW_MS));
  });
});
