/**
 * Rollouts over a machine that is simulated on a clock of its own: processes drain, start, crash, hang and come back
 * as a seed has it. `FC_SEED=N` runs one seed.
 */
import { expect } from 'chai';
import type { Task } from '../../../agents/node/reload/reload-plan.js';
import {
  type Effect,
  isOver,
  nextLookMs,
  type Rollout,
  type Sight,
  startRollout,
  turnRollout,
} from '../../../agents/node/reload/rollout.js';
import type { AgentState } from '../../../common/protocol/registry-entry.js';
import { Random } from '../../support/random.js';

const STABLE_MS = 1_000;

/** What a process of a version does after its start. */
type Fate = 'serves' | 'crashes at once' | 'crashes later' | 'never ready' | 'completes' | 'blinks';

interface Simulated {
  version: 'old' | 'new';
  state: AgentState;
  epoch: number;
  wanted: boolean;
  why: string;
}

class World {
  nowMs = 0;
  readonly agents = new Map<string, Simulated>();
  readonly effects: Effect[] = [];
  readonly fates = new Map<string, Fate>();
  #events: { readonly atMs: number; readonly run: () => void }[] = [];
  #epoch = 100;

  constructor(private readonly delayMs: () => number) {}

  add(agent: string, version: 'old' | 'new', state: AgentState = 'ready'): Simulated {
    const added = { version, state, epoch: ++this.#epoch, wanted: true, why: '' };
    this.agents.set(agent, added);
    return added;
  }

  look = (agent: string): Sight | undefined => this.agents.get(agent);

  perform(effect: Effect): void {
    this.effects.push(effect);
    const { agent } = effect;
    const own = this.agents.get(agent);
    if (effect.kind === 'add') {
      const added = this.add(agent, effect.version, 'stopped');
      added.epoch = 0;
      if (effect.isToStart) this.#launch(agent, added);
      return;
    }
    if (own === undefined) throw new Error(`${effect.kind} of ${agent}, which is not there`);
    if (effect.kind === 'remove') return this.#end(agent, own, () => this.agents.delete(agent));
    own.version = effect.version;
    if (effect.kind === 'restart') this.#end(agent, own, () => this.#launch(agent, own));
  }

  /** Runs the rollout to its end. */
  run(rollout: Rollout): Rollout {
    for (let now = rollout; ; ) {
      const { rollout: next, effects } = turnRollout(now, this.look, this.nowMs);
      this.assertOneAtATime(next);
      for (const effect of effects) this.perform(effect);
      now = next;
      if (isOver(now)) return now;
      if (effects.length === 0) this.#advance(nextLookMs(now));
    }
  }

  /** Whoever the rollout has not at hand is left in peace. */
  assertOneAtATime(rollout: Rollout): void {
    const atHand = rollout.steps[rollout.at]?.task.agent;
    for (const [agent, { state }] of this.agents) {
      if (agent === atHand || this.bystanders.has(agent)) continue;
      expect(state, `${agent} while ${atHand} is at hand, ${this.nowMs}`).to.be.oneOf(['ready', 'completed', 'busy']);
    }
  }

  /** Those that need not serve. */
  readonly bystanders = new Set<string>();

  #launch(agent: string, own: Simulated): void {
    const epoch = ++this.#epoch;
    const fate = this.fates.get(`${agent} ${own.version}`) ?? 'serves';
    const become = (state: AgentState, why = '') => {
      if (own.epoch !== epoch) return;
      own.state = state;
      own.why = why;
    };
    own.epoch = epoch;
    become('starting');
    if (fate !== 'serves' && fate !== 'completes' && fate !== 'blinks') this.bystanders.add(agent);
    if (fate === 'never ready') return this.#later(3_000, () => become('backoff', 'not ready within 3 s'));
    this.#later(this.delayMs(), () => {
      if (fate === 'crashes at once') return become('backoff', 'ended with exit code 1');
      become('ready');
      if (fate === 'completes') this.#later(this.delayMs(), () => become('completed'));
      if (fate === 'crashes later') this.#later(STABLE_MS / 2, () => become('quarantined', 'too often'));
      if (fate === 'blinks') this.#later(STABLE_MS / 2, () => become('busy'));
      if (fate === 'blinks') this.#later(STABLE_MS, () => become('ready'));
    });
  }

  #end(agent: string, own: Simulated, then: () => void): void {
    const epoch = own.epoch;
    own.state = 'draining';
    this.#later(this.delayMs(), () => {
      if (own.epoch !== epoch || this.agents.get(agent) !== own) return;
      own.state = 'stopped';
      then();
    });
  }

  #later(ms: number, run: () => void): void {
    this.#events = [...this.#events, { atMs: this.nowMs + ms, run }].sort((a, b) => a.atMs - b.atMs);
  }

  #advance(untilMs: number | undefined): void {
    const [event] = this.#events;
    if (event !== undefined && event.atMs <= (untilMs ?? Number.POSITIVE_INFINITY)) {
      this.#events.shift();
      this.nowMs = event.atMs;
      event.run();
    } else if (untilMs === undefined) throw new Error('the rollout waits for nothing');
    else this.nowMs = Math.max(this.nowMs, untilMs);
  }
}

const task = (agent: string, change: Task['change'], more: Partial<Task> = {}): Task => ({
  agent,
  change,
  fields: [],
  wanted: true,
  served: change !== 'start',
  boundMs: 10_000,
  undoBoundMs: 10_000,
  ...more,
});

const summary = ({ steps }: Rollout): string[] => steps.map(({ task: { agent }, state }) => `${agent} ${state}`);
const did = ({ effects }: World): string[] =>
  effects.map((effect) => [effect.agent, effect.kind, ...('version' in effect ? [effect.version] : [])].join(' '));

describe('a rollout', () => {
  let world: World;
  beforeEach(() => {
    world = new World(() => 50);
    for (const agent of ['gone', 'lively', 'one', 'two']) world.add(agent, 'old');
  });
  const tasks = [
    task('gone', 'stop'),
    task('lively', 'live'),
    task('one', 'restart'),
    task('more', 'start'),
    task('two', 'restart'),
  ];
  const roll = () => world.run(startRollout(tasks, STABLE_MS));

  it('changes one after the other, each when the last has gone on serving', () => {
    const { state, why, ...rest } = roll();
    expect({ state, why }).to.deep.equal({ state: 'done', why: '' });
    expect(summary({ state, why, ...rest })).to.deep.equal([
      'gone done',
      'lively done',
      'one done',
      'more done',
      'two done',
    ]);
    expect(did(world)).to.deep.equal([
      'gone remove',
      'lively replace new',
      'one restart new',
      'more add new',
      'two restart new',
    ]);
    expect(world.nowMs).to.equal(50 + (100 + STABLE_MS) + (50 + STABLE_MS) + (100 + STABLE_MS));
  });

  it('does not wait for what has ended well', () => {
    world.fates.set('two new', 'completes');
    expect(roll().state).to.equal('done');
    expect(world.agents.get('two')?.state).to.equal('completed');
    expect(world.nowMs).to.equal(50 + (100 + STABLE_MS) + (50 + STABLE_MS) + 150);
  });

  it('does not take the end of the old process for a failure of the new one', () => {
    const rollout = turnRollout(startRollout([task('one', 'restart')], STABLE_MS), world.look, 0).rollout;
    Object.assign(world.agents.get('one') ?? {}, { state: 'backoff', why: 'it fell while it was drained' });
    expect(turnRollout(rollout, world.look, 1).rollout.state).to.equal('rolling');
  });

  it('waits for what is busy to serve again', () => {
    world.fates.set('two new', 'blinks');
    expect(roll().state).to.equal('done');
    expect(world.agents.get('two')?.state).to.equal('ready');
  });

  for (const fate of ['crashes at once', 'crashes later', 'never ready'] as const) {
    it(`takes everything back, the latest first, when an agent ${fate}`, () => {
      world.fates.set('two new', fate);
      const rollout = roll();
      expect(rollout.state).to.equal('rolled-back');
      expect(rollout.why).to.match(/^two: (ended with exit code 1|too often|not ready within 3 s)$/);
      expect(summary(rollout)).to.deep.equal([
        'gone rolled-back',
        'lively rolled-back',
        'one rolled-back',
        'more rolled-back',
        'two failed',
      ]);
      expect(did(world).slice(5)).to.deep.equal([
        'two restart old',
        'more remove',
        'one restart old',
        'lively replace old',
        'gone add old',
      ]);
      const now = [...world.agents].map(([agent, { version, state }]) => `${agent} ${version} ${state}`).sort();
      expect(now).to.deep.equal(['gone old ready', 'lively old ready', 'one old ready', 'two old ready']);
    });
  }

  it('touches nothing behind the one that failed', () => {
    world.fates.set('one new', 'crashes at once');
    const { epoch } = world.agents.get('two') ?? { epoch: 0 };
    expect(summary(roll()).slice(2)).to.deep.equal(['one failed', 'more waiting', 'two waiting']);
    expect(world.agents.get('two')?.epoch).to.equal(epoch);
    expect(world.agents.has('more')).to.equal(false);
  });

  it('takes back a new agent that does not get ready', () => {
    world.fates.set('more new', 'never ready');
    expect(roll().state).to.equal('rolled-back');
    expect(world.agents.has('more')).to.equal(false);
  });

  it('names who does not come back with its old words, and takes back the others all the same', () => {
    world.fates.set('two new', 'crashes at once');
    world.fates.set('one old', 'never ready');
    const { why, state } = roll();
    expect(state).to.equal('rolled-back');
    expect(why).to.equal('two: ended with exit code 1; one did not come back: not ready within 3 s');
    expect(world.agents.get('gone')?.state).to.equal('ready');
  });

  it('waits on the way back for nobody who did not serve before', () => {
    world.bystanders.add('one');
    world.fates.set('one old', 'never ready').set('two new', 'crashes at once');
    const broken = tasks.map((each) => (each.agent === 'one' ? { ...each, served: false } : each));
    expect(world.run(startRollout(broken, STABLE_MS)).why).to.equal('two: ended with exit code 1');
  });

  it('leaves down what somebody had stopped, when it takes back its removal', () => {
    world.bystanders.add('gone');
    world.fates.set('two new', 'crashes at once');
    const stopped = tasks.map((each) => (each.agent === 'gone' ? { ...each, served: false, wanted: false } : each));
    world.run(startRollout(stopped, STABLE_MS));
    expect(world.agents.get('gone')?.state).to.equal('stopped');
  });

  it('counts an agent that somebody stops meanwhile as failed', () => {
    const rollout = turnRollout(startRollout([task('one', 'restart')], STABLE_MS), world.look, 0).rollout;
    Object.assign(world.agents.get('one') ?? {}, { wanted: false, state: 'draining' });
    expect(turnRollout(rollout, world.look, 1).rollout.why).to.equal('one: somebody stopped it meanwhile');
  });

  it('ends by its own bound for what nobody else sees', () => {
    const rollout = turnRollout(startRollout([task('one', 'restart')], STABLE_MS), world.look, 0).rollout;
    const lateMs = nextLookMs(rollout) ?? 0;
    expect(turnRollout(rollout, world.look, lateMs - 1).rollout.state).to.equal('rolling');
    expect(turnRollout(rollout, world.look, lateMs).rollout.why).to.equal('one: it took too long and is ready');
  });

  it('of nothing is done at once', () => {
    expect(turnRollout(startRollout([], STABLE_MS), world.look, 0).rollout.state).to.equal('done');
  });
});

describe('any rollout', () => {
  const seeds =
    process.env['FC_SEED'] === undefined
      ? Array.from({ length: 200 }, (_, n) => n + 1)
      : [Number(process.env['FC_SEED'])];
  it('ends with all agents changed, or with all of them as they were', function () {
    this.timeout(180_000);
    for (const seed of seeds) {
      try {
        rollAtRandom(seed);
      } catch (error) {
        throw new Error(`FC_SEED=${seed}: ${String(error)}`, { cause: error });
      }
    }
  });

  function rollAtRandom(seed: number): void {
    const random = new Random(seed);
    const world = new World(() => random.between(1, 400));
    const tasks = Array.from({ length: random.between(0, 12) }, (_, n) => {
      const change = random.pick(['live', 'restart', 'start', 'stop'] as const);
      const agent = `${change}${n}`;
      if (change !== 'start') world.add(agent, 'old');
      if (random.next() < 0.15)
        world.fates.set(
          `${agent} new`,
          random.pick<Fate>(['crashes at once', 'crashes later', 'never ready', 'completes', 'blinks']),
        );
      return task(agent, change);
    });
    const before = new Map([...world.agents].map(([agent, { epoch }]) => [agent, epoch]));
    const { state, steps } = world.run(startRollout(tasks, STABLE_MS));
    const touched = steps.filter((step) => step.state !== 'waiting').map((step) => step.task.agent);
    for (const { agent, change } of tasks) {
      const own = world.agents.get(agent);
      expect(own !== undefined, `${agent} is there`).to.equal(change !== (state === 'done' ? 'stop' : 'start'));
      if (own === undefined) continue;
      expect(own.state, agent).to.be.oneOf(['ready', 'completed']);
      expect(own.version, agent).to.equal(state === 'done' ? 'new' : 'old');
      if (!touched.includes(agent) || change === 'live') expect(own.epoch, agent).to.equal(before.get(agent));
    }
  }
});
