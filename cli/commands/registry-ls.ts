import type { Command } from '../command/command.js';
import { agentForm, agentRowOf } from '../rows/agent-row.js';

export const command: Command = {
  details:
    'What the asked machine knows; KNOWN is the age of that knowledge. It answers also while the broker is away.',
  options: [{ flags: '-a, --all', description: 'also what has stopped' }],
  examples: [
    { line: 'mesh registry ls', explains: 'every agent of every machine' },
    { line: 'mesh registry ls --machine pc2', explains: 'as the node of pc2 sees it' },
    { line: 'mesh registry ls -o name', explains: 'one AGENT@MACHINE a line' },
    { line: 'mesh registry ls --json', explains: 'for a script' },
  ],
  async run(context, args) {
    const mesh = await (await context.access()).mesh();
    const { agents } = await mesh.registry.list();
    const rows = agents.filter(({ state }) => args.flag('all') || state !== 'stopped').map(agentRowOf);
    await context.output.list(rows, agentForm(context.output.colors));
  },
};
