import { basename } from 'node:path';
import { systemClock } from '../../common/core/clock.js';
import { MeshError } from '../../common/core/errors.js';
import { limits } from '../../common/core/limits.js';
import { AGENT_VARIABLE } from '../../common/core/process-scan.js';
import { severities } from '../../common/protocol/errors/severity.js';
import { NAME_PATTERN } from '../../common/protocol/name.js';
import type { Command } from '../command/command.js';
import type { Context } from '../command/context.js';
import type { WrapReporter } from '../wrap/wrap-reporter.js';
import { runWrapped } from '../wrap/wrapped-process.js';

export const command: Command = {
  details:
    'The program keeps its standard input and output, its standard error passes through unchanged, it gets every signal, and its exit code is the one of this command (128 and the number of a signal). What it writes to standard error goes onto the error bus while it runs: a stack trace as one error, a flood as a number. If it ends badly, that is told with its last lines. Without a mesh it runs all the same.',
  operands: [{ syntax: '<command...>', description: 'the program and its arguments, behind --; no shell reads them' }],
  options: [
    { flags: '--as <name>', description: 'in whose name; else the agent it runs in, else the name of the program' },
    {
      flags: '--severity <level>',
      description: 'of a line that does not name its own; default error',
      choices: severities,
    },
  ],
  examples: [
    { line: 'mesh wrap -- ls config', explains: 'in the name of ls' },
    {
      line: `mesh wrap --as backup --severity warning -- sh -c 'echo "the disk is nearly full" >&2'`,
      explains: 'a job that says what it has to say on standard error',
    },
  ],
  endsItself: true,
  async run(context, args) {
    const [path = '', ...argv] = args.list(0);
    const program = basename(path);
    const agent = args.text('as') === undefined ? context.surroundings.env[AGENT_VARIABLE] : undefined;
    const name = args.text('as') ?? agent ?? nameFrom(program);
    assertName(name);
    const asked = args.text('severity');
    const severity = severities.find((level) => level === asked) ?? 'error';
    let loading: Promise<WrapReporter> | undefined;
    const reporter = () => {
      loading ??= import('../wrap/wrap-reporter.js').then(
        ({ WrapReporter }) => new WrapReporter({ context, name, program, severity, isAgent: agent !== undefined }),
      );
      return loading;
    };

    const startedMs = systemClock.monotonicMs();
    const end = await runWrapped({
      program: path,
      argv,
      stderr: context.output.stderr,
      isTerminal: isTerminal(context),
      onStderr: async (chunk) => (await reporter()).take(chunk),
    });
    if (end.refusal !== undefined) context.output.note(`mesh wrap: ${end.refusal}`);
    // Silent and well: then there is nothing to tell, and nothing to load for it.
    if (loading === undefined && end.exitCode === 0) return 0;
    const { count, why } = await (await reporter()).end(end, systemClock.monotonicMs() - startedMs);
    const reports = count === 1 ? '1 report' : `${count} reports`;
    if (count > 0) context.output.note(`mesh wrap: ${reports} of ${name} could not be told: ${why}`);
    return end.exitCode;
  },
};

const isTerminal = ({ output, surroundings }: Context): boolean =>
  surroundings.stdin.isTTY === true || output.stdout.isTTY === true || output.stderr.isTTY === true;

/** `/opt/My Tool_2.sh` → `my-tool-2-sh` */
function nameFrom(program: string): string {
  const words = program
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+|-+$/g, '');
  return words.slice(0, limits.nameLengthMax) || 'wrapped';
}

function assertName(name: string): void {
  if (new RegExp(NAME_PATTERN).test(name) && name.length <= limits.nameLengthMax) return;
  throw new MeshError('USAGE', `"${name.slice(0, 100)}" is not a name`, {
    hint: `use lower-case letters, digits and hyphens, a letter first, at most ${limits.nameLengthMax}`,
  });
}
