import type { Command } from '../command/command.js';
import { policyForm, policyRowsOf } from '../rows/policy-row.js';

export const command: Command = {
  details:
    'As the files here say it, with the environment laid over them, in the order in which they stand. Of the rules that match a call each field is decided by the most specific one that says it; "mesh policy test" shows it for one action, and whether the machines work by these files.',
  examples: [
    { line: 'mesh policy ls', explains: 'every rule, with its file and line', needs: 'folder' },
    { line: 'mesh policy ls --env production', explains: 'as that environment has them', needs: 'folder' },
    { line: 'mesh policy ls --json', explains: 'for a script', needs: 'folder' },
  ],
  async run(context) {
    const { policies } = await context.fleet();
    await context.output.list(policyRowsOf(policies), policyForm);
  },
};
