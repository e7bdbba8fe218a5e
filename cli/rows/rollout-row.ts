/** A reload as the command line shows it: one row for each agent that it touches. Pure. */
import type { AgentChangeBody, Output as Answer } from '../../common/protocol/catalogue.js';
import type { Colors, ListForm } from '../terminal/output.js';

export type RolloutBody = Answer<'node.rollout'>;
type StepBody = RolloutBody['steps'][number];

export interface RolloutRow extends AgentChangeBody {
  readonly machine: string;
  readonly instance: string;
  /** waiting, rolling, done, failed or rolled-back; `planned` when nothing was begun. */
  readonly state: string;
  /** Why it failed, with the end of its output; else empty. */
  readonly why: string;
}

export const plannedRow = (machine: string, change: AgentChangeBody): RolloutRow => ({
  machine,
  instance: `${change.agent}@${machine}`,
  ...change,
  state: 'planned',
  why: '',
});

export const stepRow = (machine: string, step: StepBody): RolloutRow => ({
  machine,
  instance: `${step.agent}@${machine}`,
  ...step,
});

/** What is done to the agent, in the words of `mesh`. */
const changeTexts: Readonly<Record<AgentChangeBody['change'], string>> = {
  live: 'as it runs',
  restart: 'restart',
  start: 'start: it is new',
  stop: 'stop: it is gone',
};

export const rolloutForm = (colors: Colors, withState: boolean): ListForm<RolloutRow> => ({
  columns: [
    { head: 'agent', value: ({ agent }) => agent },
    { head: 'machine', value: ({ machine }) => machine },
    { head: 'change', value: ({ change }) => changeTexts[change] },
    { head: 'what is different', value: ({ fields }) => fields.join(', ') || '-' },
    ...(withState ? [{ head: 'state', value: ({ state }: RolloutRow) => stepText(state, colors) }] : []),
  ],
  name: ({ instance }) => instance,
  empty: withState ? 'there was no reload since the node was started' : 'nothing is different for any agent',
});

export function stepText(state: string, colors: Colors): string {
  if (state === 'done') return colors.green(state);
  if (state === 'failed' || state === 'rolled-back') return colors.red(state);
  return state === 'rolling' ? colors.yellow(state) : state;
}
