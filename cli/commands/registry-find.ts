import { MeshError } from '../../common/core/errors.js';
import type { Command } from '../command/command.js';
import { parseAgentReference } from '../line/agent-reference.js';
import { filterOf, filterOptions } from '../line/registry-filter.js';
import { agentForm, agentRowOf } from '../rows/agent-row.js';

export const command: Command = {
  details: 'All that is named must hold. Exit code 3 when nothing is found.',
  operands: [{ syntax: '[agent[@machine]]', description: 'its name', completes: 'agent' }],
  options: filterOptions,
  examples: [
    { line: 'mesh registry find --action say', explains: 'who answers say' },
    { line: 'mesh registry find --on pc2 --state ready', explains: 'what serves on pc2' },
    { line: 'mesh registry find echo --json', explains: 'every instance of echo' },
  ],
  async run(context, args) {
    const name = args.optionalOperand(0);
    const filter = filterOf(args, name === undefined ? undefined : parseAgentReference(name));
    const mesh = await (await context.access()).mesh();
    const rows = (await mesh.registry.find(filter)).map(agentRowOf);
    if (rows.length === 0) {
      const wanted = Object.entries(filter).map(([key, value]) => `${key} ${value}`);
      throw new MeshError('NOT_FOUND', `no agent with ${wanted.join(', ') || 'any name'}`, {
        hint: 'mesh registry ls -a',
      });
    }
    await context.output.list(rows, agentForm(context.output.colors));
  },
};
