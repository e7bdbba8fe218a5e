/** How a group of errors stands: every cell of the table, and what ends a mute. */
import { expect } from 'chai';
import fc from 'fast-check';
import {
  type ErrorStatus,
  errorStatuses,
  firstStanding,
  type Standing,
  type StandingEvent,
  standingTable,
  stepStanding,
} from '../../../common/journal/errors/error-standing.js';

const who = { by: 'ann', why: 'because' };
const resolve: StandingEvent = { kind: 'resolve', ...who };
const reopen: StandingEvent = { kind: 'reopen', ...who };
const look: StandingEvent = { kind: 'look' };
const errorAt = (lastMs: number, release = ''): StandingEvent => ({ kind: 'error', lastMs, agent: 'echo', release });
const muteFor = (forMs?: number, count?: number): StandingEvent => ({ kind: 'mute', ...who, forMs, count });
const since = (status: ErrorStatus): Standing => ({ ...firstStanding, status, sinceMs: 100 });
const NOW_MS = 200;

describe('how a group of errors stands', () => {
  const cells: readonly [ErrorStatus, string, StandingEvent, ErrorStatus][] = [
    ['open', 'is resolved', resolve, 'resolved'],
    ['open', 'is reopened', reopen, 'open'],
    ['open', 'is muted', muteFor(10), 'muted'],
    ['open', 'has an error', errorAt(150), 'open'],
    ['open', 'has an error from before', errorAt(50), 'open'],
    ['open', 'is looked at', look, 'open'],
    ['muted', 'is resolved', resolve, 'resolved'],
    ['muted', 'is reopened', reopen, 'open'],
    ['muted', 'is muted again', muteFor(10), 'muted'],
    ['muted', 'has an error', errorAt(150), 'muted'],
    ['muted', 'has an error from before', errorAt(50), 'muted'],
    ['muted', 'is looked at', look, 'muted'],
    ['resolved', 'is resolved again', resolve, 'resolved'],
    ['resolved', 'is reopened', reopen, 'open'],
    ['resolved', 'is muted', muteFor(10), 'muted'],
    ['resolved', 'has an error', errorAt(150), 'regressed'],
    ['resolved', 'has an error that happened before it was', errorAt(100), 'resolved'],
    ['resolved', 'is looked at', look, 'resolved'],
    ['regressed', 'is resolved', resolve, 'resolved'],
    ['regressed', 'is reopened', reopen, 'open'],
    ['regressed', 'is muted', muteFor(10), 'muted'],
    ['regressed', 'has an error', errorAt(150), 'regressed'],
    ['regressed', 'has an error from before', errorAt(50), 'regressed'],
    ['regressed', 'is looked at', look, 'regressed'],
  ];
  for (const [from, what, event, to] of cells)
    it(`${from}: when it ${what} it is ${to}`, () => {
      const before = since(from);
      const after = stepStanding(before, event, 7, NOW_MS);
      expect(after.status).to.equal(to);
      if (to === from && event.kind !== 'mute') expect(after, 'nothing has changed').to.equal(before);
      else expect(after.sinceMs).to.equal(NOW_MS);
    });

  it('is written for every state and every event', () => {
    const events = Object.keys(standingTable.open).sort();
    for (const status of errorStatuses) expect(Object.keys(standingTable[status]).sort()).to.deep.equal(events);
  });

  it('says who decided it and why', () => {
    expect(stepStanding(firstStanding, resolve, 1, NOW_MS)).to.include({
      by: 'ann',
      why: 'because',
      status: 'resolved',
    });
    expect(stepStanding(since('resolved'), errorAt(150, '1.4.2'), 8, NOW_MS)).to.include({
      by: 'mesh',
      why: 'it happened again in echo, release 1.4.2',
    });
  });

  it('is muted until the first of its bounds, and open then', () => {
    const muted = stepStanding(firstStanding, muteFor(1_000, 5), 10, NOW_MS);
    expect(muted).to.include({ status: 'muted', untilMs: 1_200, untilCount: 15 });
    expect(stepStanding(muted, errorAt(300), 14, 1_199)).to.equal(muted);
    expect(stepStanding(muted, errorAt(300), 15, 300)).to.include({
      status: 'open',
      by: 'mesh',
      why: 'the mute ended with error 15',
      untilMs: null,
      untilCount: null,
    });
    expect(stepStanding(muted, look, 10, 1_200)).to.include({ status: 'open', why: 'the time of the mute was over' });
    expect(stepStanding(stepStanding(firstStanding, muteFor(undefined, 5), 10, 0), look, 10, 1e15).status).to.equal(
      'muted',
    );
  });

  it('never leaves a bound of a mute behind, and has an author whenever it has changed', () => {
    const event = fc.oneof(
      fc.constantFrom(resolve, reopen, look),
      fc
        .record({ forMs: fc.option(fc.nat(50), { nil: undefined }), count: fc.option(fc.nat(5), { nil: undefined }) })
        .map(({ forMs, count }) => muteFor(forMs, count)),
      fc.nat(1_000).map((lastMs) => errorAt(lastMs)),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(event, fc.nat(20)), { maxLength: 50 }), (events) => {
        let standing = firstStanding;
        let nowMs = 1;
        let count = 1;
        for (const [each, passedMs] of events) {
          nowMs += passedMs;
          if (each.kind === 'error') count++;
          standing = stepStanding(standing, each, count, nowMs);
          if (standing.status !== 'muted') expect([standing.untilMs, standing.untilCount]).to.deep.equal([null, null]);
          expect(standing.by === '').to.equal(standing.sinceMs === 0);
        }
      }),
    );
  });
});
