/** What a new configuration means for the processes of a machine: one row for each case. */
import { expect } from 'chai';
import { planKeys } from '../../../agents/node/programs/plan-keys.js';
import { planReload, type ReloadablePlan, type ReloadableProcess } from '../../../agents/node/reload/reload-plan.js';

interface Words {
  readonly wave?: number;
  /** Takes effect in a new process alone. */
  readonly config?: unknown;
  /** Takes effect at once. */
  readonly required?: boolean;
}

const plan = (name: string, { wave = 1, config = 0, required = false }: Words = {}): ReloadablePlan => ({
  name,
  wave,
  ...planKeys({ config }, { required }),
  readyTimeoutMs: 1_000,
  stopGraceMs: 100,
});

const process = (
  name: string,
  words: Words = {},
  seen: Partial<Omit<ReloadableProcess, 'plan'>> = {},
): ReloadableProcess => {
  const own = plan(name, words);
  const runs = !['stopped', 'backoff', 'failed', 'completed', 'quarantined'].includes(seen.state ?? 'ready');
  return { plan: own, state: 'ready', wanted: true, outdated: false, runningHash: runs ? own.planHash : '', ...seen };
};

const told = (current: readonly ReloadableProcess[], next: readonly ReloadablePlan[]): string[] =>
  planReload(current, next).map(({ agent, change, fields }) => [agent, change, ...fields].join(' '));

describe('the plan of a reload', () => {
  it('is empty when nothing is different', () =>
    expect(told([process('a'), process('b')], [plan('a'), plan('b')])).to.deep.equal([]));

  it('is in start order, after what ends, of which the dependents end first', () => {
    const current = [
      process('low', { wave: 1 }),
      process('high', { wave: 3 }),
      process('a'),
      process('z', { wave: 5 }),
    ];
    const next = [plan('z', { wave: 5, config: 1 }), plan('new', { wave: 2 }), plan('a', { required: true })];
    expect(told(current, next)).to.deep.equal([
      'high stop',
      'low stop',
      'a live required',
      'new start',
      'z restart config',
    ]);
  });

  const rows: readonly (readonly [title: string, before: ReloadableProcess, after: Words, says: readonly string[]])[] =
    [
      ['a process that runs', process('a'), { config: 1, required: true }, ['a restart config required']],
      ['a process that runs, for what takes effect at once', process('a'), { required: true }, ['a live required']],
      ['one that is just starting', process('a', {}, { state: 'starting' }), { config: 1 }, ['a restart config']],
      [
        'one that waits before it starts again, with what that start needs',
        process('a', {}, { state: 'backoff' }),
        { config: 1 },
        ['a restart config'],
      ],
      [
        'one that waits before it starts again, with what changes nothing of that',
        process('a', {}, { state: 'backoff' }),
        { required: true },
        ['a live required'],
      ],
      [
        'one that was stopped by somebody: it stays down',
        process('a', {}, { state: 'stopped', wanted: false }),
        { config: 1 },
        ['a live config'],
      ],
      [
        'one that is being stopped by somebody',
        process('a', {}, { state: 'draining', wanted: false }),
        { config: 1 },
        ['a live config'],
      ],
      [
        'one that waits for its first start: it begins with its new words',
        process('a', {}, { state: 'stopped' }),
        { config: 1 },
        ['a live config'],
      ],
      [
        'one in quarantine, which any change releases',
        process('a', {}, { state: 'quarantined' }),
        { required: true },
        ['a restart required'],
      ],
      ['one in quarantine that nothing changes', process('a', {}, { state: 'quarantined' }), {}, []],
      ['one that failed for good', process('a', {}, { state: 'failed' }), { required: true }, ['a restart required']],
      [
        'one that has done its work, when it would do another',
        process('a', {}, { state: 'completed' }),
        { config: 1 },
        ['a restart config'],
      ],
      [
        'one that has done its work, for what changes nothing of it',
        process('a', {}, { state: 'completed' }),
        { required: true },
        ['a live required'],
      ],
      [
        'one that was adopted with words that nobody here knows',
        process('a', {}, { outdated: true, runningHash: 'of another node' }),
        {},
        ['a restart outdated'],
      ],
      [
        'one that was adopted with the words that are new now',
        process('a', {}, { outdated: true, runningHash: plan('a', { config: 1 }).planHash }),
        { config: 1 },
        ['a live config'],
      ],
    ];
  for (const [title, before, after, says] of rows) {
    it(`touches ${title}`, () => expect(told([before], [plan('a', after)])).to.deep.equal(says));
  }

  it('bounds each change by the times of the process that ends and of the one that begins', () => {
    const [task] = planReload(
      [process('a')],
      [{ ...plan('a', { config: 1 }), readyTimeoutMs: 7_000, stopGraceMs: 30 }],
    );
    expect(task).to.include({ boundMs: 100 + 7_000, undoBoundMs: 30 + 1_000, served: true, wanted: true });
  });
});
