import { expect } from 'chai';
import { type ObservedAgent, type Operation, standingOf, whyLate } from '../../../cli/operations/operation-standing.js';

const begun = { epoch: 10, restarts: 1 };
const row = (rest: Partial<ObservedAgent>): ObservedAgent => ({
  state: 'ready',
  pid: 7,
  epoch: 10,
  restarts: 1,
  why: '',
  ...rest,
});
const next = (rest: Partial<ObservedAgent>) => row({ epoch: 11, ...rest });
const kindOf = (operation: Operation, observed: ObservedAgent) => standingOf(operation, begun, observed).kind;

describe('a start, stop or restart that has begun', () => {
  it('is a start that is done when the agent serves or has completed', () => {
    for (const state of ['ready', 'busy', 'completed'] as const)
      expect(kindOf('start', row({ state }))).to.equal('done');
    for (const state of ['starting', 'stopped', 'draining', 'backoff'] as const) {
      expect(kindOf('start', row({ state }))).to.equal('pending');
    }
  });

  it('is a stop that is done when no process is left and none is to come', () => {
    for (const state of ['stopped', 'completed', 'failed', 'quarantined'] as const) {
      expect(kindOf('stop', row({ state, pid: 0 }))).to.equal('done');
      expect(kindOf('stop', row({ state }))).to.equal('pending');
    }
    for (const state of ['starting', 'draining', 'backoff'] as const) {
      expect(kindOf('stop', row({ state, pid: 0 }))).to.equal('pending');
    }
  });

  it('is a restart that is done when a newer incarnation serves', () => {
    expect(kindOf('restart', row({ state: 'ready' }))).to.equal('pending');
    expect(kindOf('restart', row({ state: 'quarantined' }))).to.equal('pending');
    expect(kindOf('restart', next({ state: 'starting' }))).to.equal('pending');
    expect(kindOf('restart', next({ state: 'ready' }))).to.equal('done');
  });

  it('has failed when the node gave the agent up, or it fell twice', () => {
    expect(standingOf('start', begun, row({ state: 'failed', lastExit: 'exit code 3' }))).to.deep.equal({
      kind: 'failed',
      why: 'failed: exit code 3',
    });
    const quarantined = next({ state: 'quarantined', why: '6 starts in 60 s', lastExit: 'exit code 1' });
    expect(standingOf('restart', begun, quarantined)).to.deep.equal({
      kind: 'failed',
      why: 'quarantined: 6 starts in 60 s; exit code 1',
    });
    expect(kindOf('start', row({ state: 'backoff', restarts: 2 }))).to.equal('pending');
    expect(standingOf('start', begun, row({ state: 'starting', restarts: 3, lastExit: 'exit code 1' }))).to.deep.equal({
      kind: 'failed',
      why: 'it ended 2 times, at last with exit code 1',
    });
    expect(standingOf('stop', begun, undefined).kind).to.equal('failed');
  });

  it('says how it stands when its time is over', () => {
    expect(whyLate('start', row({ state: 'starting' }), 20_000)).to.equal('not ready within 20 s: it is starting');
    expect(whyLate('stop', row({ state: 'draining' }), 1_500)).to.equal('not down within 1.5 s: it is draining');
    expect(whyLate('stop', undefined, 1_500)).to.contain('its node does not answer');
    const waits = row({ state: 'stopped', why: 'it waits for echo' });
    expect(whyLate('start', waits, 9_999)).to.equal('not ready within 10 s: it is stopped: it waits for echo');
  });
});
