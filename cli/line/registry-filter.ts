/** The options by which `registry` commands choose agents, and whether an agent is chosen. Pure. */
import { MeshError } from '../../common/core/errors.js';
import { type AgentView, agentStates } from '../../common/protocol/registry-entry.js';
import type { Arguments } from './arguments.js';
import type { OptionSpec } from './option-spec.js';

export const filterOptions: readonly OptionSpec[] = [
  { flags: '--capability <name>', description: 'those with that capability' },
  { flags: '--action <name>', description: 'those that answer that action' },
  { flags: '--state <state>', description: 'those in that state', choices: agentStates },
  { flags: '--on <machine>', description: 'those of that machine' },
];

export interface RegistryFilter {
  readonly agent?: string;
  readonly machine?: string;
  readonly capability?: string;
  readonly action?: string;
  readonly state?: AgentView['state'];
}

/** @throws MeshError USAGE for a word that can be no name */
export function filterOf(
  args: Arguments,
  agent?: { readonly agent: string; readonly machine: string | undefined },
): RegistryFilter {
  const machine = nameOption(args, 'on') ?? agent?.machine;
  const capability = nameOption(args, 'capability');
  const action = args.text('action');
  const state = agentStates.find((known) => known === args.text('state'));
  return {
    ...(agent === undefined ? {} : { agent: agent.agent }),
    ...(machine === undefined ? {} : { machine }),
    ...(capability === undefined ? {} : { capability }),
    ...(action === undefined ? {} : { action }),
    ...(state === undefined ? {} : { state }),
  };
}

export function nameOption(args: Arguments, option: string): string | undefined {
  const text = args.text(option);
  if (text === undefined || /^[a-z][a-z0-9-]{0,63}$/.test(text)) return text;
  throw new MeshError('USAGE', `--${option} "${text.slice(0, 100)}" is not a name`, {
    hint: 'names are lower-case letters, digits and hyphens, a letter first',
  });
}

export const matches = (view: AgentView, { agent, machine, capability, action, state }: RegistryFilter): boolean =>
  (agent === undefined || view.agent === agent) &&
  (machine === undefined || view.machine === machine) &&
  (capability === undefined || view.capabilities.includes(capability)) &&
  (action === undefined || view.actions.includes(action)) &&
  (state === undefined || view.state === state);
