import { systemClock } from '../../common/core/clock.js';
import type { Command } from '../command/command.js';
import { sortAnswers } from '../fleet/machine-answers.js';
import { isAtRest, processForm, processRowOf } from '../rows/process-row.js';

export const command: Command = {
  details: 'Asks every node of the fleet. A machine that does not answer is said, and the exit code is then 7.',
  options: [{ flags: '-a, --all', description: 'also what has stopped or is done, and the broker of each machine' }],
  examples: [
    { line: 'mesh ps', explains: 'which agents run where' },
    { line: 'mesh ps -a', explains: 'also what has stopped, and the brokers' },
    { line: 'mesh ps --machine pc2 -o wide', explains: 'one machine, with open files, lag, last exit and why' },
    { line: 'mesh ps --json', explains: 'for a script' },
  ],
  async run(context, args) {
    const access = await context.access();
    const answers = await access.askEach(await context.machinesAsked(), 'node.ps', {});
    const { bodies, exitCode } = sortAnswers(answers, context.output);
    const nowMs = systemClock.wallMs();
    const rows = bodies
      .flatMap(({ body }) => body.agents)
      .filter(({ state, kind }) => args.flag('all') || (!isAtRest(state) && kind === 'agent'))
      .map((row) => processRowOf(row, nowMs));
    await context.output.list(rows, processForm(context.output.colors));
    return exitCode;
  },
};
