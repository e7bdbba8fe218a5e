/**
 * One run of `mesh`: finds the command, runs it, and turns whatever happens into an exit code. Everything that the
 * process has (streams, signals, environment) is handed in.
 */
import { MeshError, toMeshError } from '../common/core/errors.js';
import type { Command } from './command/command.js';
import { helpOf, type ParsedLine, parseLine } from './command/command-line.js';
import { Context, type Surroundings } from './command/context.js';
import { commandIndex, groupSummaries } from './command-index.js';
import { globalFlagsOf, guessedFlags, valuedGlobals } from './line/global-options.js';
import { routeOf } from './line/route.js';
import { groupHelp, rootHelp } from './manual.js';
import { exitCodeOf, printFailure } from './terminal/failure.js';
import type { Interruption } from './terminal/interruption.js';
import { Output, type OutputStreams } from './terminal/output.js';

export interface World extends Surroundings, OutputStreams {
  readonly argv: readonly string[];
  readonly version: string;
  readonly interruption: Interruption;
}

/** @returns the exit code. Never throws. */
export async function runMesh(world: World): Promise<number> {
  const fallback = guessedFlags(world.argv, world.env);
  try {
    const code = await dispatch(world);
    await written(world);
    return code;
  } catch (error) {
    printFailure(toMeshError(error), new Output(world, fallback.format, fallback.color), false);
    return exitCodeOf(toMeshError(error));
  }
}

/** Resolves when all words have reached the pipe or the file. @throws OUTPUT_FAILED when they have not */
async function written({ stdout, stderr, interruption }: World): Promise<void> {
  for (const stream of [stdout, stderr]) {
    if (stream.writableLength > 0 && !stream.destroyed)
      await new Promise<void>((resolve) => stream.write('', () => resolve()));
  }
  // What a stream fails with is told after the turn in which it was written to.
  await new Promise((resolve) => setImmediate(resolve));
  const { outputFailure } = interruption;
  if (outputFailure === undefined) return;
  throw new MeshError('OUTPUT_FAILED', `the output cannot be written: ${outputFailure.message}`, {
    hint: 'look at the disk that it goes to ("df"): what is there is not all of it',
    cause: outputFailure,
  });
}

async function dispatch(world: World): Promise<number> {
  const argv = world.argv[0] === 'help' ? [...world.argv.slice(1), '--help'] : world.argv;
  if (argv[0] === 'complete') return complete(world);
  const route = routeOf(
    argv,
    commandIndex.map(({ path }) => path),
    valuedGlobals,
  );
  const asksHelp = route.rest.some((word) => word === '--help' || word === '-h');
  if (route.kind === 'root') return root(world, route.rest, asksHelp);
  if (route.kind === 'group') {
    if (!asksHelp) throw new MeshError('USAGE', `mesh ${route.path} needs a command`, { hint: groupHint(route.path) });
    world.stdout.write(`${groupHelp(route.path)}\n`);
    return 0;
  }
  const indexed = commandIndex.find(({ path }) => path === route.path);
  if (indexed === undefined) throw new MeshError('INTERNAL', `the command ${route.path} is not in the index`);
  const { command } = await indexed.load();
  const line = parseLine(indexed.path, command, route.rest);
  if (line.wantsHelp) {
    world.stdout.write(`${helpOf(indexed.path, indexed.summary, command)}\n`);
    return 0;
  }
  return runCommand(world, command, line);
}

function root(world: World, rest: readonly string[], asksHelp: boolean): number {
  if (rest.includes('--version') || rest.includes('-V')) {
    world.stdout.write(`${world.version}\n`);
    return 0;
  }
  const [first] = rest;
  if (first !== undefined && !asksHelp) {
    throw new MeshError('USAGE', `there is no command in "mesh ${rest.join(' ')}"`, {
      hint: 'run "mesh --help" for the list of commands',
    });
  }
  world.stdout.write(`${rootHelp()}\n`);
  return 0;
}

async function runCommand(world: World, command: Command, line: ParsedLine): Promise<number> {
  const flags = globalFlagsOf(line.options, world.env);
  const output = new Output(world, flags.format, flags.color);
  const { interruption } = world;
  const context = new Context(flags, output, world, interruption.signal, (callback) => interruption.onAgain(callback));
  try {
    const running = command.run(context, line.args);
    const code = command.endsItself ? await running : await Promise.race([running, interruption.happens()]);
    return command.endsItself ? (code ?? 0) : (interruption.exitCode ?? code ?? 0);
  } catch (error) {
    // An interrupted command fails in many ways, all of which mean the same.
    if (!command.endsItself && interruption.exitCode !== undefined) return interruption.exitCode;
    const failure = toMeshError(error);
    if (failure.code !== 'INTERRUPTED') printFailure(failure, output, flags.verbose);
    return exitCodeOf(failure);
  } finally {
    await context.close();
  }
}

/** What the completion scripts ask: `mesh complete -- WORDS`. Its failures are silent: they would be typed into the line. */
async function complete(world: World): Promise<number> {
  const { offerCompletions } = await import('./command/shell-completion.js');
  try {
    const words = world.argv.slice(world.argv[1] === '--' ? 2 : 1);
    await offerCompletions(words, world, commandIndex, groupSummaries);
    return 0;
  } catch (error) {
    return exitCodeOf(toMeshError(error));
  }
}

const groupHint = (group: string): string => `run "mesh ${group} --help" for the list`;
