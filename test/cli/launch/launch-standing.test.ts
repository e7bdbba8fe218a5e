import { expect } from 'chai';
import { isHopeless, launchStanding, restingAmong } from '../../../cli/launch/launch-standing.js';
import type { StartCondition } from '../../../common/config/schemas.js';
import type { AgentState } from '../../../common/protocol/registry-entry.js';

const row = (agent: string, state: AgentState, restarts = 0) => ({ agent, state, restarts });
type Row = ReturnType<typeof row>;

function spec(name: string, wave: number, after: Readonly<Record<string, StartCondition>> = {}, required = false) {
  return {
    name,
    wave,
    required,
    after: Object.entries(after).map(([agent, condition]) => ({ agent, condition })),
  };
}

describe('how far a launch is', () => {
  const agents = [spec('a', 0), spec('d', 0), spec('b', 1, { a: 'ready' }), spec('c', 2, { b: 'ready' })];
  const standing = (...rows: Row[]) => launchStanding(agents, rows);
  const isOver = (...rows: Row[]) => isHopeless(standing(...rows));

  it('names who is there, who fails, who is held back by that, and who is still to come', () => {
    expect(
      standing(row('a', 'backoff', 2), row('b', 'stopped'), row('c', 'stopped'), row('d', 'starting')),
    ).to.deep.equal({ there: [], lost: ['a'], held: ['b', 'c'], coming: ['d'] });
    expect(standing(row('a', 'completed'), row('b', 'busy'), row('c', 'starting'), row('d', 'ready'))).to.deep.equal({
      there: ['a', 'd', 'b'],
      lost: [],
      held: [],
      coming: ['c'],
    });
  });

  it('is over when all that is not there falls again and again, was given up, or waits for that', () => {
    for (const fallen of [row('a', 'backoff', 2), row('a', 'quarantined'), row('a', 'failed')]) {
      expect(isOver(fallen, row('b', 'stopped'), row('c', 'stopped'), row('d', 'ready'))).to.equal(true);
    }
    expect(isOver(row('broker', 'backoff', 3))).to.equal(true);
  });

  it('is not over while something may still become ready, nor when all is', () => {
    const rest = [row('b', 'stopped'), row('c', 'stopped')];
    expect(isOver(row('a', 'backoff', 1), ...rest, row('d', 'ready'))).to.equal(false);
    expect(isOver(row('a', 'backoff', 2), row('d', 'starting'))).to.equal(false);
    expect(isOver(row('a', 'ready', 5), row('b', 'starting'), row('c', 'stopped'), row('d', 'ready'))).to.equal(false);
    expect(isOver(row('a', 'ready'), row('b', 'ready'), row('c', 'completed'), row('d', 'ready'))).to.equal(false);
  });

  it('knows that a required agent holds back every later wave, and one that is not only its dependents', () => {
    const set = (required: boolean) => [
      spec('base', 0, {}, required),
      spec('other', 0),
      spec('later', 1, { other: 'ready' }),
    ];
    const rows = [row('base', 'failed'), row('other', 'ready'), row('later', 'stopped')];
    expect(launchStanding(set(true), rows)).to.deep.include({ lost: ['base'], held: ['later'] });
    expect(launchStanding(set(false), rows)).to.deep.include({ lost: ['base'], coming: ['later'] });
  });

  it('knows that `started` is met by an agent that falls, and `completed` is not', () => {
    const rows = [row('a', 'quarantined'), row('b', 'stopped')];
    expect(launchStanding([spec('a', 0), spec('b', 1, { a: 'started' })], rows)).to.deep.include({ coming: ['b'] });
    expect(launchStanding([spec('a', 0), spec('b', 1, { a: 'completed' })], rows)).to.deep.include({ held: ['b'] });
  });

  it('tells who was stopped by somebody from who waits for such a one', () => {
    const rows = [row('a', 'stopped'), row('b', 'stopped'), row('c', 'stopped'), row('d', 'starting')];
    expect(restingAmong(['a', 'd', 'b', 'c'], agents, rows)).to.deep.equal({ stopped: ['a'], waiting: ['b', 'c'] });
    expect(restingAmong(['c'], agents, rows)).to.deep.equal({ stopped: ['c'], waiting: [] });
    const set = [spec('base', 0, {}, true), spec('later', 1)];
    const both = [row('base', 'stopped'), row('later', 'stopped')];
    expect(restingAmong(['base', 'later'], set, both)).to.deep.equal({ stopped: ['base'], waiting: ['later'] });
  });
});
