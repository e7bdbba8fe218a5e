/** One line of words to a command with its arguments and flags, and its help: the only importer of commander. */
import { Command as Commander, CommanderError, Option } from 'commander';
import { MeshError } from '../../common/core/errors.js';
import { nearest } from '../../common/core/nearest.js';
import { Arguments } from '../line/arguments.js';
import { globalOptions } from '../line/global-options.js';
import type { OptionSpec } from '../line/option-spec.js';
import type { Command } from './command.js';

export interface ParsedLine {
  readonly args: Arguments;
  readonly options: Readonly<Record<string, unknown>>;
  readonly wantsHelp: boolean;
}

/** @throws MeshError USAGE for an unknown option, a missing operand, one too many */
export function parseLine(path: string, command: Command, rest: readonly string[]): ParsedLine {
  const commander = commanderOf(path, command);
  try {
    commander.parse(rest, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) throw usageOf(error, commander, path);
    throw error;
  }
  const options: Record<string, unknown> = commander.opts();
  const wantsHelp = options['help'] === true;
  // Not left to commander: --help alone is enough.
  const missing = command.operands?.find(
    ({ syntax }, index) => syntax.startsWith('<') && commander.args[index] === undefined,
  );
  if (missing !== undefined && !wantsHelp) {
    const name = missing.syntax.slice(1, -1).toUpperCase();
    throw new MeshError('USAGE', `mesh ${path} needs ${name}`, { hint: helpHint(path) });
  }
  return { args: new Arguments(commander.processedArgs, options), options, wantsHelp };
}

/** The manual: what it is for, examples first, then syntax and options. */
export function helpOf(path: string, summary: string, command: Command): string {
  const width = Math.max(...command.examples.map(({ line }) => line.length));
  const own = (command.options ?? []).map((spec): [string, string] => [spec.flags, describe(spec)]);
  const operands = (command.operands ?? []).map(({ syntax, description }): [string, string] => [
    (syntax.startsWith('<') ? syntax.slice(1, -1) : syntax).toUpperCase().replaceAll('...', '…'),
    description,
  ]);
  return [
    `mesh ${path}: ${summary}`,
    '',
    'Examples:',
    ...command.examples.map(({ line, explains }) => `  ${line.padEnd(width)}  # ${explains}`),
    '',
    `Usage: ${['mesh', path, '[options]', ...operands.map(([syntax]) => syntax)].join(' ')}`,
    ...(command.details === undefined ? [] : ['', ...wrapped(command.details)]),
    ...section('Arguments', operands),
    ...section('Options', own),
    ...section('Options of every command', globalRows),
  ].join('\n');
}

const TEXT_COLUMNS = 100;

/** A paragraph as lines that fit a terminal. */
function wrapped(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= TEXT_COLUMNS)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

const describe = ({ description, choices }: OptionSpec): string =>
  choices === undefined ? description : `${description}: ${choices.join(', ')}`;

export const globalRows: readonly (readonly [string, string])[] = [
  ...globalOptions.map(({ flags, description }) => [flags, description] as const),
  ['-h, --help', 'this text'],
];

export function section(title: string, rows: readonly (readonly [string, string])[]): string[] {
  if (rows.length === 0) return [];
  const width = Math.max(...rows.map(([term]) => term.length));
  return ['', `${title}:`, ...rows.map(([term, text]) => `  ${term.padEnd(width)}  ${text}`)];
}

function commanderOf(path: string, command: Command): Commander {
  const commander = new Commander(`mesh ${path}`)
    .exitOverride()
    .configureOutput({ writeErr: () => undefined, writeOut: () => undefined })
    .allowExcessArguments(false)
    .helpOption(false)
    .addOption(new Option('-h, --help', 'this text'));
  for (const { syntax, description } of command.operands ?? []) {
    commander.argument(syntax.replace('<', '[').replace('>', ']'), description);
  }
  for (const spec of [...(command.options ?? []), ...globalOptions]) commander.addOption(optionOf(spec));
  return commander;
}

function optionOf({ flags, description, choices }: OptionSpec): Option {
  const option = new Option(flags, description);
  return choices === undefined ? option : option.choices([...choices]);
}

function usageOf(error: CommanderError, commander: Commander, path: string): MeshError {
  const text = error.message.replace(/^error: /, '').replace(/\n?\(Did you mean .*\)$/s, '');
  const unknown = /unknown option '(-[^']*)'/.exec(text)?.[1];
  const flags = commander.options.flatMap(({ short, long }) => [short, long].filter((flag) => flag !== undefined));
  const near = unknown === undefined ? undefined : nearest(unknown, flags);
  return new MeshError('USAGE', `mesh ${path}: ${text}`, {
    hint: helpHint(path),
    ...(near === undefined ? {} : { details: { didYouMean: near } }),
  });
}

const helpHint = (path: string): string => `run "mesh ${path} --help"`;
