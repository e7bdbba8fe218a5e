import { expect } from 'chai';
import { isSettled, type LaunchView, launchable, reasonToWait } from '../../../agents/node/processes/launch-order.js';
import type { Dependency } from '../../../common/config/agents/agent-specs.js';
import type { AgentState } from '../../../common/protocol/registry-entry.js';

type Changes = Partial<Omit<LaunchView, 'plan'>> & {
  wave?: number;
  required?: boolean;
  after?: Record<string, Dependency['condition']>;
};

/** An agent that waits for its turn in the order; `changes` say what else it is. */
function agent(name: string, { wave = 1, required = false, after = {}, ...rest }: Changes = {}): LaunchView {
  const dependencies = Object.entries({ broker: 'ready' as const, ...after });
  return {
    plan: {
      name,
      wave,
      required,
      after: dependencies.map(([dependency, condition]) => ({ agent: dependency, condition })),
    },
    state: 'stopped',
    wish: rest.state === undefined || rest.state === 'stopped' ? 'order' : 'none',
    inRush: rest.state === 'starting',
    stateWhy: '',
    ...rest,
  };
}
const brokerIn = (state: AgentState, rest: Partial<LaunchView> = {}): LaunchView => ({
  ...agent('broker', { state, wave: 0, required: true }),
  plan: { name: 'broker', wave: 0, required: true, after: [] },
  ...rest,
});
const broker = brokerIn('ready');

describe('the launch order', () => {
  it('begins with the broker, and with nobody before it is ready', () => {
    const agents = [agent('a'), agent('b')];
    expect(launchable([brokerIn('stopped', { wish: 'order' }), ...agents], 8)).to.deep.equal(['broker']);
    expect(launchable([brokerIn('starting'), ...agents], 8)).to.deep.equal([]);
    expect(launchable([broker, ...agents], 8)).to.deep.equal(['a', 'b']);
  });

  const conditions: [Dependency['condition'], Record<AgentState, boolean>][] = [
    [
      'started',
      {
        starting: true,
        ready: true,
        busy: true,
        draining: true,
        completed: true,
        stopped: false,
        failed: false,
        backoff: false,
        quarantined: false,
      },
    ],
    [
      'ready',
      {
        starting: false,
        ready: true,
        busy: false,
        draining: false,
        completed: true,
        stopped: false,
        failed: false,
        backoff: false,
        quarantined: false,
      },
    ],
    [
      'completed',
      {
        starting: false,
        ready: false,
        busy: false,
        draining: false,
        completed: true,
        stopped: false,
        failed: false,
        backoff: false,
        quarantined: false,
      },
    ],
  ];
  for (const [condition, meets] of conditions) {
    for (const [state, isMet] of Object.entries(meets) as [AgentState, boolean][]) {
      it(`${isMet ? 'launches' : 'does not launch'} what needs db ${condition} while db is ${state}`, () => {
        const db = agent('db', { state, wish: 'none' });
        const api = agent('api', { wave: 2, after: { db: condition } });
        expect(launchable([broker, db, api], 8)).to.deep.equal(isMet ? ['api'] : []);
        expect(reasonToWait(api, [broker, db, api], 8) === '', 'and says why').to.equal(isMet);
      });
    }
  }

  it('holds later waves back behind what is required, and nobody of its own wave', () => {
    const cache = agent('cache', { required: true, state: 'starting' });
    const beside = agent('beside');
    const later = agent('later', { wave: 2 });
    expect(launchable([broker, cache, beside, later], 8)).to.deep.equal(['beside']);
    expect(launchable([broker, { ...cache, state: 'ready' }, beside, later], 8)).to.deep.equal(['beside', 'later']);
  });

  it('starts no more at once than it may, and the broker beside them', () => {
    const starting = ['a', 'b'].map((name) => agent(name, { state: 'starting' }));
    const waiting = ['c', 'd', 'e'].map((name) => agent(name));
    expect(launchable([broker, ...starting, ...waiting], 4)).to.deep.equal(['c', 'd']);
    expect(launchable([broker, ...starting, ...waiting], 2)).to.deep.equal([]);
    expect(launchable([brokerIn('backoff', { wish: 'again' }), ...starting], 2)).to.deep.equal(['broker']);
  });

  it('does not let those that take long to start hold up the others', () => {
    const slow = agent('slow', { state: 'starting', inRush: false });
    expect(launchable([broker, slow, agent('a')], 1)).to.deep.equal(['a']);
  });

  it('keeps up what ran already without asking what it depends on, before it starts anything new', () => {
    const db = agent('db', { state: 'failed' });
    const api = agent('api', { wave: 2, after: { db: 'ready' }, state: 'backoff', wish: 'again' });
    expect(launchable([broker, agent('fresh'), db, api], 1)).to.deep.equal(['api']);
  });

  const reasons: [string, LaunchView[], string][] = [
    ['its dependency is on its way', [agent('db', { state: 'starting' })], 'waits for db to be ready'],
    ['its dependency waits itself', [agent('db')], 'waits for db to be ready'],
    ['its dependency is in backoff', [agent('db', { state: 'backoff' })], 'waits for db to be ready'],
    [
      'its dependency stays down',
      [agent('db', { state: 'quarantined', stateWhy: 'it was started 5 times' })],
      'held back: db must be ready and is quarantined: it was started 5 times',
    ],
    [
      'its dependency was stopped by hand',
      [agent('db', { state: 'stopped', wish: 'none', stateWhy: 'it was stopped by hand' })],
      'held back: db must be ready and is stopped: it was stopped by hand',
    ],
    ['its dependency is not there', [], 'held back: db must be ready and is not there'],
    [
      'something required is on its way',
      [agent('db', { state: 'ready' }), agent('cache', { required: true, state: 'busy' })],
      'waits for cache, which is required, to be ready',
    ],
    [
      'something required stays down',
      [agent('db', { state: 'ready' }), agent('cache', { required: true, state: 'failed', stateWhy: 'exit code 3' })],
      'held back: cache is required and is failed: exit code 3',
    ],
    [
      'there is no room',
      [agent('db', { state: 'ready' }), agent('a', { state: 'starting' }), agent('b', { state: 'starting' })],
      'waits its turn: 2 others are starting',
    ],
    ['nothing stands in its way', [agent('db', { state: 'ready' })], ''],
  ];
  for (const [when, others, sentence] of reasons) {
    it(`says why one waits when ${when}`, () => {
      const api = agent('api', { wave: 2, after: { db: 'ready' } });
      expect(reasonToWait(api, [broker, ...others, api], 2)).to.equal(sentence);
    });
  }

  it('says what a one-shot is waited for', () => {
    const migrate = agent('migrate', { state: 'ready' });
    const api = agent('api', { wave: 2, after: { migrate: 'completed' } });
    expect(reasonToWait(api, [broker, migrate, api], 2)).to.equal('waits for migrate to be completed');
  });

  const settled: [string, LaunchView[], boolean][] = [
    ['everything serves', [agent('a', { state: 'ready' }), agent('b', { state: 'completed' })], true],
    ['one is starting', [agent('a', { state: 'starting' })], false],
    ['one will be started again', [agent('a', { state: 'backoff' })], false],
    ['one may be launched', [agent('a')], false],
    [
      'one waits for a one-shot that runs',
      [agent('m', { state: 'ready' }), agent('a', { wave: 2, after: { m: 'completed' } })],
      false,
    ],
    [
      'one is held back for good',
      [agent('m', { state: 'failed' }), agent('a', { wave: 2, after: { m: 'ready' } })],
      true,
    ],
    [
      'a chain is held back for good',
      [
        agent('m', { state: 'failed' }),
        agent('a', { wave: 2, after: { m: 'ready' } }),
        agent('b', { wave: 3, after: { a: 'ready' } }),
      ],
      true,
    ],
    ['one was stopped by hand', [agent('a', { state: 'stopped', wish: 'none' })], true],
  ];
  for (const [when, others, expected] of settled) {
    it(`is ${expected ? 'over' : 'not over'} when ${when}`, () => {
      expect(isSettled([broker, ...others])).to.equal(expected);
    });
  }
});
