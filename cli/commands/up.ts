import type { FleetConfig, MachineConfig } from '../../common/config/fleet-config.js';
import { MeshError } from '../../common/core/errors.js';
import type { Command } from '../command/command.js';
import type { Context } from '../command/context.js';
import { type PortLine, portForm, portLineOf } from '../fleet/fleet-ports.js';
import { FleetStart } from '../launch/fleet-start.js';
import { launchPlanOf, planForm, planTitle } from '../launch/launch-plan.js';
import { startBoundMs } from '../launch/machine-start.js';
import { isLocal, machinesToStart, refuseObstacles, startOverThere } from '../launch/start-plan.js';

export const command: Command = {
  details:
    'Checks the configuration and the ports first; refuses before anything starts. Default: MESH_MACHINE, or main. In the foreground it shows agents and errors until Ctrl-C, which stops what it started; a second Ctrl-C kills. With --detach it ends when all is ready, with exit code 7 when something is not.',
  operands: [
    { syntax: '[machine...]', description: 'which machines, of those that are this box', completes: 'machine' },
  ],
  options: [
    { flags: '--all', description: 'every machine of the fleet that has an address of this box' },
    { flags: '-d, --detach', description: 'leave them running and end' },
    {
      flags: '--watch',
      description: 'in the foreground: restart agents whose files change, reload what is edited in config/',
    },
    { flags: '--dry-run', description: 'check everything, and only say what would be started' },
  ],
  examples: [
    { line: 'mesh up --all --dry-run', explains: 'what would be started', needs: 'folder' },
    { line: 'mesh up --all', explains: 'the fleet, in the foreground', needs: 'folder', follows: true },
    { line: 'mesh up main --watch', explains: 'while you write an agent', needs: 'folder', follows: true },
    { line: 'mesh up pc2 --detach', explains: 'one machine, in the background', needs: 'folder' },
  ],
  endsItself: true,
  async run(context, args) {
    const how = { detach: args.flag('detach'), watch: args.flag('watch') };
    if (how.detach && how.watch) {
      throw new MeshError('USAGE', '--watch needs somebody who watches: --detach contradicts it', {
        hint: 'give one of the two',
      });
    }
    const fleet = await context.fleetToStart('this user');
    const all = args.flag('all');
    const machines = await machinesToStart(context, args.list(0), all);
    for (const warning of fleet.warnings) context.output.warn(warning);
    if (all) nameTheOthers(context, fleet);
    const ports = await refuseObstacles(fleet, machines);
    if (args.flag('dryRun')) return showPlan(context, machines, ports.map(portLineOf));
    return new FleetStart(context, fleet, machines).run(how);
  },
};

function nameTheOthers({ output }: Context, fleet: FleetConfig): void {
  for (const machine of [...fleet.machines.values()].filter((candidate) => !isLocal(candidate))) {
    output.note(`${machine.name} is another box: ${startOverThere(machine)}`);
  }
}

async function showPlan(
  { output }: Context,
  machines: readonly MachineConfig[],
  ports: readonly PortLine[],
): Promise<number> {
  const plans = machines.map((machine) => launchPlanOf(machine, startBoundMs(machine), ports));
  if (!output.isHuman) {
    await output.list(plans, { columns: [], name: ({ machine }) => machine, empty: '' });
    return 0;
  }
  for (const plan of plans) {
    output.text(planTitle(plan, output.colors));
    await output.list(plan.agents, planForm(output.colors));
    output.text('');
  }
  await output.list(ports, portForm(output.colors));
  return 0;
}
