import type { Command } from '../command/command.js';
import { removeService, serviceFiles, serviceOperands, serviceOptions } from '../service/service-files.js';

export const command: Command = {
  details:
    'Removes the units, also ones that were changed by hand. What runs goes on until systemd is told: "systemctl disable --now UNIT" before this takes a machine down.',
  operands: serviceOperands,
  options: [...serviceOptions, { flags: '--dry-run', description: 'only say what would be removed' }],
  examples: [
    { line: 'mesh service uninstall --dry-run', explains: 'what would be removed', needs: 'folder' },
    { line: 'mesh service uninstall main --dir units', explains: 'from a folder of your own', needs: 'folder' },
  ],
  async run(context, args) {
    const { output } = context;
    const isDry = args.flag('dryRun');
    const there = (await serviceFiles(context, args)).filter(({ state }) => state !== 'missing');
    if (!isDry) for (const service of there) removeService(service);
    await output.list(there, {
      columns: [{ head: isDry ? 'would remove' : 'removed', value: ({ file }) => file }],
      name: ({ unit }) => unit,
      empty: 'no unit of these machines is installed',
    });
    const isDone = !isDry && there.length > 0 && output.isHuman;
    if (isDone) output.note(`${output.noteColors.cyan('next:')} systemctl daemon-reload`);
    return 0;
  },
};
