import { refuseTakenPorts } from '../../common/config/machines/ports.js';
import type { Command } from '../command/command.js';
import { fleetPorts, portForm, portLineOf, strangersOf } from '../fleet/fleet-ports.js';
import { counted } from '../terminal/quantity.js';

export const command: Command = {
  details: 'Exit code 6 with the line of ports.json when somebody else has a port of this box; 0 when all can be had.',
  examples: [
    { line: 'mesh port check', explains: 'before a start', needs: 'folder' },
    { line: 'mesh port check --machine main --json', explains: 'one machine, for a script', needs: 'folder' },
  ],
  async run(context) {
    const ports = await fleetPorts(await context.fleet(), await context.machinesAsked());
    refuseTakenPorts(strangersOf(ports));
    const local = ports.filter(({ state }) => state !== 'remote');
    if (context.output.isHuman) context.output.text(`${counted(local.length, 'port')} of this box can be had`);
    else await context.output.list(ports.map(portLineOf), portForm(context.output.colors));
  },
};
