import type { MachineConfig } from '../../common/config/fleet-config.js';
import { errorTable, MeshError, toMeshError } from '../../common/core/errors.js';
import type { Output as Answer } from '../../common/protocol/catalogue.js';
import type { Command } from '../command/command.js';
import type { Context } from '../command/context.js';
import type { FleetAccess } from '../fleet/fleet-access.js';
import { sortAnswers } from '../fleet/machine-answers.js';
import type { Arguments } from '../line/arguments.js';
import { plainLogLine } from '../logs/log-line.js';
import { followRollout } from '../operations/rollout-watch.js';
import { plannedRow, type RolloutRow, rolloutForm, stepRow, stepText } from '../rows/rollout-row.js';

export const command: Command = {
  details:
    'Every node reads its own files again and says what is different; when one refuses them, nothing changes anywhere. Then machine after machine, agent after agent: an agent is touched only when its own words differ, and the next one only when the one before serves again. When one does not, its machine takes everything back and the next machines are left as they are: exit code 1. Exit code 2 for a configuration with faults. Ctrl-C ends only the waiting.',
  operands: [{ syntax: '[machine...]', description: 'which machines; default: all', completes: 'machine' }],
  options: [
    { flags: '--all', description: 'every machine: the default' },
    { flags: '--dry-run', description: 'only say what would change' },
    { flags: '--status', description: 'how far the last reload is, or how it ended' },
  ],
  examples: [
    { line: 'mesh reload --dry-run', explains: 'what a changed configuration means' },
    { line: 'mesh reload', explains: 'every machine, one after the other' },
    { line: 'mesh reload pc2 --json', explains: 'one machine, for a script' },
    { line: 'mesh reload --status', explains: 'the last reload, step by step' },
  ],
  async run(context, args) {
    const machines = await machinesMeant(context, args);
    const access = await context.access();
    if (args.flag('status')) return showStatus(context, machines, access);
    const plans = await planOf(machines, access);
    for (const { machine, plan } of plans) tellWhatWaits(context, machine, plan);
    const planned = plans.flatMap(({ machine, plan }) =>
      plan.changes.map((change) => plannedRow(machine.name, change)),
    );
    const { output } = context;
    if (args.flag('dryRun') || output.isHuman) await output.list(planned, rolloutForm(output.colors, false));
    return args.flag('dryRun') ? 0 : rollOut(context, machines, access);
  },
};

async function machinesMeant(context: Context, args: Arguments): Promise<readonly MachineConfig[]> {
  const names = args.list(0);
  if (names.length === 0) return context.machinesAsked();
  if (!args.flag('all')) return Promise.all([...new Set(names)].map((name) => context.machine(name)));
  throw new MeshError('USAGE', '--all and names of machines contradict each other', { hint: 'give one of the two' });
}

interface MachinePlan {
  readonly machine: MachineConfig;
  readonly plan: Answer<'node.reload'>;
}

/** @throws MeshError of the first machine that refuses or is away: then no machine has been touched */
function planOf(machines: readonly MachineConfig[], access: FleetAccess): Promise<MachinePlan[]> {
  return Promise.all(
    machines.map(async (machine) => {
      try {
        const node = await access.node(machine);
        return { machine, plan: await node.request('node.reload', { dryRun: true }) };
      } catch (error) {
        throw refusalOf(machine, toMeshError(error));
      }
    }),
  );
}

function refusalOf({ name }: MachineConfig, { code, message, hint, details }: MeshError): MeshError {
  const said =
    code === 'CONFIG_INVALID' ? `the files of ${name} are refused, and nothing was changed:\n${message}` : message;
  return new MeshError(code, said, {
    ...(hint === undefined ? {} : { hint }),
    details: { ...details, machine: name },
  });
}

function tellWhatWaits({ output }: Context, { name }: MachineConfig, { needsNode }: Answer<'node.reload'>): void {
  for (const line of needsNode)
    output.warn(
      `${name}: ${line}: takes effect when its node is started anew ("mesh down ${name}", "mesh up ${name}")`,
    );
}

async function rollOut(context: Context, machines: readonly MachineConfig[], access: FleetAccess): Promise<number> {
  const { output } = context;
  const rows: RolloutRow[] = [];
  let failed: MachineConfig | undefined;
  for (const machine of machines) {
    const node = await access.node(machine);
    await node.request('node.reload', {});
    const onStep = (row: RolloutRow) => tellStep(context, row);
    const { state, why, steps } = await followRollout({ machine, access, signal: context.signal, onStep });
    rows.push(...steps.map((step) => stepRow(machine.name, step)));
    if (state === 'done') continue;
    output.note(`${machine.name} ${output.noteColors.red('rolled back')}: ${why}`);
    failed = machine;
    break;
  }
  const left = failed === undefined ? [] : machines.slice(machines.indexOf(failed) + 1).map(({ name }) => name);
  if (left.length > 0) output.warn(`not touched: ${left.join(', ')}`);
  if (!output.isHuman) await output.list(rows, rolloutForm(output.colors, true));
  return failed === undefined ? 0 : errorTable.START_FAILED.exitCode;
}

function tellStep({ output }: Context, { instance, change, state, why }: RolloutRow): void {
  const [reason = '', ...lines] = why.split('\n');
  output.note(`${instance} ${change} ${stepText(state, output.noteColors)}${reason === '' ? '' : `: ${reason}`}`);
  for (const line of lines) output.note(`  | ${plainLogLine(line)}`);
}

async function showStatus(
  { output }: Context,
  machines: readonly MachineConfig[],
  access: FleetAccess,
): Promise<number> {
  const { bodies, exitCode } = sortAnswers(await access.askEach(machines, 'node.rollout', {}), output);
  const rows = bodies.flatMap(({ machine, body }) => body.steps.map((step) => stepRow(machine, step)));
  for (const { machine, body } of bodies) if (body.why !== '') output.note(`${machine} ${body.state}: ${body.why}`);
  await output.list(rows, rolloutForm(output.colors, true));
  return exitCode;
}
