import type { Command } from '../command/command.js';
import { serviceFiles, serviceOperands, serviceOptions, userOption, writeService } from '../service/service-files.js';

export const command: Command = {
  details:
    'Writes one unit for each machine of this box: systemd then starts its node at boot and again when it is killed; the agents outlive the node and are taken over. Stopping the unit takes the machine down with all its agents, and so does "systemctl restart". Programs are looked for on the PATH of this shell. The output of the node goes to the journal of systemd: journalctl -u UNIT.',
  operands: serviceOperands,
  options: [...serviceOptions, userOption, { flags: '--dry-run', description: 'print the units, write nothing' }],
  examples: [
    { line: 'mesh service install --systemd --dry-run', explains: 'what would be written', needs: 'folder' },
    {
      line: 'mesh service install main --dir units',
      explains: 'one machine, into a folder to look at',
      needs: 'folder',
    },
    { line: 'mesh service install pc2 --user root --dry-run', explains: 'as another user', needs: 'folder' },
  ],
  async run(context, args) {
    const services = await serviceFiles(context, args);
    const { output } = context;
    if (args.flag('dryRun')) {
      if (output.isHuman) output.text(services.map(({ file, text }) => `# ${file}\n${text}`).join('\n'));
      else await output.list(services, { columns: [], name: ({ unit }) => unit, empty: '' });
      return 0;
    }
    for (const service of services) writeService(service);
    const written = services.map((service) => ({ ...service, state: 'current' }));
    await output.list(written, {
      columns: [{ head: 'written', value: ({ file }) => file }],
      name: ({ unit }) => unit,
      empty: '',
    });
    const units = services.map(({ unit }) => unit).join(' ');
    output.note(`${output.noteColors.cyan('next:')} systemctl daemon-reload && systemctl enable --now ${units}`);
    return 0;
  },
};
