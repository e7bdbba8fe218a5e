import { MeshError } from '../../common/core/errors.js';
import { didYouMean } from '../../common/core/nearest.js';
import type { Command } from '../command/command.js';

const SHELLS = ['bash', 'zsh', 'fish'] as const;

export const command: Command = {
  details: 'Prints the script; commands, options, and the names of agents and machines of the fleet complete with it.',
  operands: [{ syntax: '<shell>', description: SHELLS.join(', '), completes: 'shell' }],
  examples: [
    { line: 'mesh completion bash', explains: 'the script', needs: 'nothing' },
    { line: 'source <(mesh completion bash)', explains: 'for this shell; in ~/.bashrc for all', needs: 'nothing' },
  ],
  async run(_context, args) {
    const wanted = args.operand(0);
    const shell = SHELLS.find((known) => known === wanted);
    if (shell === undefined) {
      throw new MeshError('USAGE', `there is no completion for "${wanted}"${didYouMean(wanted, SHELLS)}`, {
        hint: `use one of ${SHELLS.join(', ')}`,
      });
    }
    const { printCompletionScript } = await import('../command/shell-completion.js');
    printCompletionScript(shell);
  },
};
