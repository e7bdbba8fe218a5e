import { expect } from 'chai';
import { agentLifecycle, type LifecycleEvent } from '../../agents/node/agent-lifecycle.js';
import { transition } from '../../common/core/state-table.js';
import { type AgentState, agentStates } from '../../common/protocol/registry-entry.js';

const events: LifecycleEvent[] = ['launch', 'serve', 'silent', 'heard', 'drain', 'crash', 'end'];

/** The whole table, cell by cell: `-` is refused, `.` is ignored, otherwise the next state. */
const expected: Record<AgentState, string> = {
  //        launch   serve silent heard drain    crash   end
  starting: '-        ready .      .     draining backoff stopped',
  ready: '-        .     busy   .     draining backoff stopped',
  busy: '-        ready .      ready draining backoff stopped',
  draining: '-        .     .      .     .        backoff stopped',
  stopped: 'starting -     -      -     .        -       .',
  backoff: 'starting -     -      -     stopped  -       stopped',
  completed: '-     -     -      -     -  -       -',
  failed: '-     -     -      -     -  -       -',
  quarantined: '-     -     -      -     -  -       -',
};

describe('the lifecycle of a supervised process', () => {
  for (const state of agentStates) {
    it(`says for every event what it does while ${state}`, () => {
      const found = events.map((event) => {
        const result = transition(agentLifecycle, state, event);
        return result.kind === 'moved' ? result.to : result.kind === 'ignored' ? '.' : '-';
      });
      expect(found).to.deep.equal(expected[state].split(/ +/));
    });
  }

  it('leads from every state to stopped', () => {
    for (const state of agentStates) {
      if (state === 'stopped') continue;
      const drained = transition(agentLifecycle, state, 'drain');
      const next = drained.kind === 'moved' ? drained.to : state;
      const ended = next === 'stopped' ? next : agentLifecycle[next].end;
      expect(ended, state).to.equal('stopped');
    }
  });
});
