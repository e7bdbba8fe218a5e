/**
 * A start, shown part by part on standard error: the only importer of listr2. A line per part where it is no terminal, or
 * where the terminal has no room for all of them.
 */
import { Listr, ListrLogger, type ListrTask, ProcessOutput } from 'listr2';
import type { Output } from '../terminal/output.js';
import { secondsText } from '../terminal/quantity.js';
import { AgentNotReady, type MachineStart } from './machine-start.js';

/** Resolves when every part is ready or has failed; what failed is in the outcomes. */
export async function showStart(starts: readonly MachineStart[], output: Output): Promise<void> {
  const partCount = starts.reduce((sum, { partNames }) => sum + partNames.length + 1, 0);
  if (output.stderr.isTTY !== true || partCount >= output.stderr.rows) return showLines(starts, output);
  const logger = new ListrLogger({ processOutput: new ProcessOutput(output.stderr, output.stderr) });
  const tasks = new Listr(starts.map(taskOf), {
    concurrent: true,
    exitOnError: false,
    registerSignalListeners: false, // signals are the command's business: it stops what it started
    rendererOptions: { logger, collapseSubtasks: false, collapseErrors: false },
  });
  await tasks.run().catch(() => undefined); // the outcomes tell what failed
}

const taskOf = (start: MachineStart): ListrTask => ({
  title: `machine ${start.machine.name}`,
  task: (_context, task) =>
    task.newListr(
      start.partNames.map((name) => ({
        title: name,
        task: async (_context, part) => {
          part.title = `${name} ${secondsText(await start.part(name))}`;
        },
      })),
      { concurrent: true, exitOnError: false },
    ),
});

async function showLines(starts: readonly MachineStart[], output: Output): Promise<void> {
  const { green, red, yellow } = output.noteColors;
  const parts = starts.flatMap((start) => start.partNames.map((name) => ({ start, name })));
  await Promise.all(
    parts.map(({ start, name }) =>
      start.part(name).then(
        (ms) => output.note(`${name}@${start.machine.name} ${green('ready')} ${secondsText(ms)}`),
        // A start that failed as a whole is told once, by the error of the command.
        (error: unknown) => {
          if (!(error instanceof AgentNotReady)) return;
          const how = error.isFault ? `${red('failed')}: ${error.message}` : yellow(error.message);
          output.note(`${name}@${start.machine.name} ${how}`);
        },
      ),
    ),
  );
}
