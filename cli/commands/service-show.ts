import type { Command } from '../command/command.js';
import {
  type ServiceFile,
  serviceFiles,
  serviceOperands,
  serviceOptions,
  userOption,
} from '../service/service-files.js';

export const command: Command = {
  details:
    'Outdated: the unit is not what "mesh service install" would write now, because it was changed, or the configuration, the PATH of this shell or the place of the program.',
  operands: serviceOperands,
  options: [...serviceOptions, userOption],
  examples: [
    { line: 'mesh service show', explains: 'whether the machines of this box have units', needs: 'folder' },
    { line: 'mesh service show main --json', explains: 'with what the unit should hold', needs: 'folder' },
  ],
  async run(context, args) {
    const { colors } = context.output;
    const stateText = (state: ServiceFile['state']) =>
      state === 'current' ? colors.green(state) : state === 'missing' ? colors.dim(state) : colors.yellow(state);
    await context.output.list(await serviceFiles(context, args), {
      columns: [
        { head: 'machine', value: ({ machine }) => machine },
        { head: 'state', value: ({ state }) => stateText(state) },
        { head: 'unit', value: ({ unit }) => unit },
        { head: 'file', value: ({ file }) => file },
      ],
      name: ({ unit }) => unit,
      empty: 'no machines',
    });
  },
};
