import { expect } from 'chai';
import { blankMemory, recall } from '../../../agents/node/processes/process-memory.js';
import type { ProcessRecord } from '../../../common/journal/processes/process-store.js';
import type { AgentState } from '../../../common/protocol/registry-entry.js';
import { processRecord } from '../../support/fakes/process-record.js';

const HOUR = 3_600_000;
const now = { wallMs: 10 * HOUR, monotonicMs: 5_000 };
const remember = (changes: Partial<ProcessRecord>, at = now) => recall(processRecord(changes), 'plan', 'boot', at);

describe('what a node remembers of a process', () => {
  it('is nothing of one that was never started: it is wanted, and waits for its turn', () => {
    expect(blankMemory(now)).to.include({ wanted: true, state: 'stopped', wish: 'order', restarts: 0, epoch: 0 });
  });

  it('is all of one that runs', () => {
    const record = { state: 'busy', why: 'it is silent', restarts: 3, crashes: 2, lastExit: 'exit code 1' } as const;
    expect(remember(record)).to.deep.equal({
      wanted: true,
      state: 'busy',
      sinceMs: 1_000,
      why: 'it is silent',
      epoch: 7,
      startedMs: 900,
      restarts: 3,
      history: { startsMs: [], crashes: 2 },
      lastExit: 'exit code 1',
      planHash: 'plan',
      wish: 'none',
    });
  });

  const states: [AgentState, string, Partial<ProcessRecord>, Record<string, unknown>][] = [
    ['stopped', 'begins anew after its machine was taken down', {}, { wish: 'order', restarts: 0 }],
    ['backoff', 'comes again in the order, with its count', {}, { state: 'backoff', wish: 'order', restarts: 4 }],
    ['completed', 'has done what it was to do', {}, { state: 'completed', wish: 'none' }],
    ['failed', 'stays down', {}, { state: 'failed', wish: 'none' }],
    ['quarantined', 'stays down', {}, { state: 'quarantined', wish: 'none', why: 'because' }],
    ['completed', 'is done again when its plan is another', { planHash: 'old' }, { state: 'stopped', wish: 'order' }],
    ['failed', 'is tried again when its plan is another', { planHash: 'old' }, { state: 'stopped', wish: 'order' }],
    ['quarantined', 'is released when its plan is another', { planHash: 'old' }, { state: 'stopped', wish: 'order' }],
    ['completed', 'is done again after a boot', { bootId: 'old' }, { state: 'stopped', wish: 'order', restarts: 0 }],
    ['ready', 'begins anew after a boot', { bootId: 'old', pid: 5 }, { state: 'stopped', wish: 'order', restarts: 0 }],
    ['quarantined', 'stays down over a boot', { bootId: 'old' }, { state: 'quarantined', wish: 'none' }],
    [
      'stopped',
      'stays down when somebody stopped it',
      { wanted: false },
      { wanted: false, wish: 'none', why: 'because' },
    ],
    [
      'stopped',
      'stays down over a boot when somebody stopped it',
      { wanted: false, bootId: 'old' },
      { wanted: false, state: 'stopped', wish: 'none' },
    ],
    ['backoff', 'stays down when somebody stopped it', { wanted: false }, { wanted: false, wish: 'none' }],
    ['starting', 'begins anew when nothing was started yet', { pid: 0 }, { state: 'stopped', wish: 'order' }],
  ];
  for (const [state, sentence, changes, expected] of states) {
    it(`of one that was ${state}: it ${sentence}`, () => {
      const pid = state === 'ready' ? 5 : 0;
      expect(remember({ state, pid, why: 'because', restarts: 4, ...changes })).to.include(expected);
    });
  }

  it('turns the times of its starts into ages, and those into times of its own clock', () => {
    const starts = [now.wallMs - 30_000, now.wallMs - 1_000];
    expect(remember({ starts, crashes: 2 }).history).to.deep.equal({ startsMs: [-25_000, 4_000], crashes: 2 });
  });

  it('takes a start of the future, which a clock that was set back makes, for one of now', () => {
    expect(remember({ starts: [now.wallMs + HOUR] }).history.startsMs).to.deep.equal([now.monotonicMs]);
  });

  it('never makes more starts of them, however far the clock was set', () => {
    const starts = [1, 2, 3].map((seconds) => now.wallMs - seconds * 1_000);
    for (const jumpMs of [-HOUR, -10_000, 0, 10_000, HOUR]) {
      const { startsMs } = remember({ starts }, { ...now, wallMs: now.wallMs + jumpMs }).history;
      expect(startsMs).to.have.length(3);
      expect(Math.max(...startsMs)).to.be.at.most(now.monotonicMs);
    }
  });
});
