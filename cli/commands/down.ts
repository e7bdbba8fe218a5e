import type { MachineConfig } from '../../common/config/fleet-config.js';
import { MeshError } from '../../common/core/errors.js';
import type { Command } from '../command/command.js';
import type { Context } from '../command/context.js';
import { type StopOutcome, stopMachine } from '../launch/machine-stop.js';
import { machinesToStop } from '../launch/start-plan.js';

export const command: Command = {
  details:
    'Default: every machine of this box, main last. Agents finish what they have; what is still there after its time of grace is killed and said. Never asks.',
  operands: [{ syntax: '[machine...]', description: 'which machines', completes: 'machine' }],
  options: [
    { flags: '--all', description: 'every machine of this box: the default' },
    { flags: '-y, --yes', description: 'accepted for scripts; nothing is asked anyway' },
    { flags: '--dry-run', description: 'only say what would be stopped' },
  ],
  examples: [
    { line: 'mesh down --dry-run', explains: 'what would be stopped' },
    { line: 'mesh down pc2', explains: 'one machine' },
    { line: 'mesh down', explains: 'all that runs on this box' },
  ],
  async run(context, args) {
    const names = args.list(0);
    if (args.flag('all') && names.length > 0) {
      throw new MeshError('USAGE', '--all and names of machines contradict each other', {
        hint: 'give one of the two',
      });
    }
    const fault = await configurationFault(context);
    if (fault !== undefined && names.length === 0 && !args.flag('dryRun'))
      return stopWithoutConfiguration(context, fault);
    const machines = await machinesToStop(context, names);
    if (args.flag('dryRun')) return showPlan(context, machines);
    const access = await context.access();
    const { home } = await context.fleet();
    const { output } = context;
    // Ctrl-C ends only the waiting; what was asked to stop goes on stopping.
    const hurry = new AbortController().signal;
    const onStep = (text: string) => output.note(text);
    const stop = (machine: MachineConfig) => stopMachine({ home, machine, access, hurry, onStep });
    const secondaries = await Promise.all(machines.filter(({ role }) => role !== 'main').map(stop));
    const main = await Promise.all(machines.filter(({ role }) => role === 'main').map(stop));
    return report(context, [...secondaries, ...main]);
  },
};

/** Whoever names machines, or asks what would be done, gets the fault itself. */
async function configurationFault(context: Context): Promise<MeshError | undefined> {
  try {
    await context.fleet();
    return undefined;
  } catch (error) {
    if (error instanceof MeshError && (error.code === 'CONFIG_INVALID' || error.code === 'INSECURE')) return error;
    throw error;
  }
}

async function stopWithoutConfiguration(context: Context, fault: MeshError): Promise<number> {
  const { output } = context;
  const { home } = await context.settings();
  const { stopBlindly } = await import('../launch/blind-stop.js');
  const outcomes = await stopBlindly(home, (text) => output.note(text));
  // Nothing ran: then the fault is all there is to say.
  if (outcomes.length === 0) throw fault;
  output.warn(`the configuration cannot be read, so what runs was found by its marks: ${fault.message}`);
  return report(context, outcomes);
}

async function showPlan(context: Context, machines: readonly MachineConfig[]): Promise<number> {
  const access = await context.access();
  const answers = await access.askEach(machines, 'node.ps', {});
  const rows = answers.map((answer) => ({
    machine: answer.machine.name,
    running: 'body' in answer,
    agents: 'body' in answer ? answer.body.agents.filter(({ pid }) => pid > 0).map(({ agent }) => agent) : [],
  }));
  await context.output.list(rows, {
    columns: [
      { head: 'machine', value: ({ machine }) => machine },
      {
        head: 'would stop',
        value: ({ running, agents }) =>
          running ? ['node', ...agents].join(', ') : 'nothing: its node does not answer',
      },
    ],
    name: ({ machine }) => machine,
    empty: 'no machine of the fleet is this box',
  });
  return 0;
}

async function report(context: Context, outcomes: readonly StopOutcome[]): Promise<number> {
  const { output } = context;
  for (const { machine, was, killed } of outcomes) {
    if (killed.length > 0) output.warn(`${machine} did not end in time; killed ${killed.join(', ')}`);
    if (output.isHuman && was === 'not running') output.note(`${machine} was not running`);
  }
  if (!output.isHuman) await output.list(outcomes, { columns: [], name: ({ machine }) => machine, empty: '' });
  const unreachable = outcomes.filter(({ was }) => was === 'unreachable').map(({ machine }) => machine);
  if (unreachable.length === 0) return 0;
  throw new MeshError('UNREACHABLE', `${unreachable.join(' and ')} could not be asked to stop`, {
    hint: 'run scripts/stop.sh over there',
  });
}
