import { expect } from 'chai';
import {
  agentLifecycle,
  isAlive,
  isServing,
  type LifecycleEvent,
} from '../../../agents/node/processes/agent-lifecycle.js';
import { transition } from '../../../common/core/state-table.js';
import { type AgentState, agentStates } from '../../../common/protocol/registry-entry.js';

const events: LifecycleEvent[] = [
  'launch',
  'serve',
  'silent',
  'heard',
  'drain',
  'end',
  'crash',
  'complete',
  'fail',
  'quarantine',
  'release',
];

/** The whole table, cell by cell: `-` is refused, `.` is ignored, otherwise the next state. */
const expected: Record<AgentState, string> = {
  //           launch   serve silent heard drain    end     crash   complete  fail   quarantine  release
  starting: '   -        ready .      .     draining stopped backoff completed failed quarantined -',
  ready: '      -        .     busy   .     draining stopped backoff completed failed quarantined -',
  busy: '       -        ready .      ready draining stopped backoff completed failed quarantined -',
  draining: '   -        .     .      .     .        stopped backoff completed failed quarantined -',
  stopped: '    starting -     -      -     -        .       -       -         -      -           .',
  backoff: '    starting -     -      -     -        stopped -       -         -      -           stopped',
  completed: '  -        -     -      -     -        stopped -       -         -      -           stopped',
  failed: '     -        -     -      -     -        stopped -       -         -      -           stopped',
  quarantined: '-        -     -      -     -        stopped -       -         -      -           stopped',
};

describe('the lifecycle of a supervised process', () => {
  for (const state of agentStates) {
    it(`says for every event what it does while ${state}`, () => {
      const found = events.map((event) => {
        const result = transition(agentLifecycle, state, event);
        return result.kind === 'moved' ? result.to : result.kind === 'ignored' ? '.' : '-';
      });
      expect(found).to.deep.equal(expected[state].trim().split(/ +/));
    });
  }

  it('leads from every state to stopped, and from there to ready', () => {
    for (const state of agentStates) {
      if (state !== 'stopped') expect(agentLifecycle[state].end, state).to.equal('stopped');
    }
    expect(agentLifecycle[agentLifecycle.stopped.launch as AgentState].serve).to.equal('ready');
  });

  it('knows in which states a process lives, and in which it has done what is asked of it', () => {
    expect(agentStates.filter(isAlive)).to.deep.equal(['starting', 'ready', 'busy', 'draining']);
    expect(agentStates.filter(isServing)).to.deep.equal(['ready', 'completed']);
  });
});
