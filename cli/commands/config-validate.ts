import type { Command } from '../command/command.js';
import { counted } from '../terminal/quantity.js';

export const command: Command = {
  details:
    'Names every fault with its file and line, and exits with 2. For the machines that are this box, the programs, folders and users of their agents must be here. Opens no socket and writes nothing.',
  examples: [
    { line: 'mesh config validate', explains: "this folder's fleet", needs: 'folder' },
    { line: 'mesh config validate --env production', explains: 'with an overlay', needs: 'folder' },
    { line: 'mesh config validate --json', explains: 'for a commit hook', needs: 'folder' },
  ],
  async run(context) {
    const fleet = await context.fleetToStart('somebody');
    const machines = [...fleet.machines.values()].map(({ name, role, address, agents }) => ({
      machine: name,
      role,
      address,
      agents: agents.map((agent) => agent.name),
    }));
    const { home, meshName, environment = null, warnings } = fleet;
    for (const warning of warnings) context.output.warn(warning);
    const agentCount = machines.reduce((sum, { agents }) => sum + agents.length, 0);
    await context.output.value(
      { valid: true, mesh: meshName, home, environment, machines, warnings },
      () =>
        `mesh "${meshName}" in ${home} is valid: ${counted(machines.length, 'machine')}, ${counted(agentCount, 'agent')}`,
      () => meshName,
    );
  },
};
