import type { Command } from '../command/command.js';
import { fleetPorts, portForm, portLineOf } from '../fleet/fleet-ports.js';

export const command: Command = {
  details:
    'STATE is free, used (by this mesh), taken (by somebody else), denied (by the system) or remote (a port of another box).',
  examples: [
    { line: 'mesh port ls', explains: 'every port of ports.json', needs: 'folder' },
    {
      line: 'mesh port ls --machine pc2 -o wide',
      explains: 'those of pc2, with the line that says so',
      needs: 'folder',
    },
    { line: 'mesh port ls --json', explains: 'for a script', needs: 'folder' },
  ],
  async run(context) {
    const ports = await fleetPorts(await context.fleet(), await context.machinesAsked());
    await context.output.list(ports.map(portLineOf), portForm(context.output.colors));
  },
};
