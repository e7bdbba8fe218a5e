/** The options that every command takes, before or after its own words. */
import { MeshError } from '../../common/core/errors.js';
import { didYouMean } from '../../common/core/nearest.js';
import { type OutputFormat, outputFormats } from '../terminal/output.js';
import type { OptionSpec } from './option-spec.js';

export const globalOptions: readonly OptionSpec[] = [
  { flags: '--mesh <dir>', description: "the fleet's folder; else MESH_HOME, else this folder" },
  { flags: '--env <name>', description: 'overlay of config/environments; else MESH_ENV' },
  { flags: '--machine <name>', description: 'the machine to ask; else MESH_MACHINE, else main' },
  { flags: '-o, --output <form>', description: `${outputFormats.join(', ')}; default table` },
  { flags: '--json', description: 'the same as -o json' },
  { flags: '--color', description: 'colours even where the output is no terminal' },
  { flags: '--no-color', description: 'no colours; so does NO_COLOR' },
  { flags: '--verbose', description: 'with the stack of an unexpected error' },
];

/** Those that take the next word: what routeOf must step over. */
export const valuedGlobals: ReadonlySet<string> = new Set(
  globalOptions.filter(({ flags }) => flags.includes('<')).flatMap(({ flags }) => flags.match(/--?[a-z]+/g) ?? []),
);

export interface GlobalFlags {
  readonly mesh?: string;
  readonly env?: string;
  readonly machine?: string;
  readonly format: OutputFormat;
  /** Undefined: as the stream is. */
  readonly color: boolean | undefined;
  readonly verbose: boolean;
}

/** @throws MeshError USAGE for an unknown form */
export function globalFlagsOf(options: Readonly<Record<string, unknown>>, env: NodeJS.ProcessEnv): GlobalFlags {
  const { mesh, env: environment, machine, output, json } = options;
  return {
    ...(typeof mesh === 'string' ? { mesh } : {}),
    ...(typeof environment === 'string' ? { env: environment } : {}),
    ...(typeof machine === 'string' ? { machine } : {}),
    format: json === true ? 'json' : formatOf(output),
    color: colorOf(options['color'], env),
    verbose: options['verbose'] === true,
  };
}

/** For an error that comes before the line is understood: what the line seems to ask for. */
export function guessedFlags(argv: readonly string[], env: NodeJS.ProcessEnv): GlobalFlags {
  const color = argv.findLast((word) => word === '--color' || word === '--no-color');
  const options = {
    json: guessedFormat(argv) === 'json',
    ...(color === undefined ? {} : { color: color === '--color' }),
  };
  return globalFlagsOf(options, env);
}

function guessedFormat(argv: readonly string[]): OutputFormat {
  const wants = (form: string) =>
    argv.some(
      (word, index) =>
        word === `-o${form}` ||
        word === `--output=${form}` ||
        (word === form && ['-o', '--output'].includes(argv[index - 1] ?? '')),
    );
  return argv.includes('--json') || wants('json') || wants('jsonl') ? 'json' : 'table';
}

function formatOf(output: unknown): OutputFormat {
  if (output === undefined) return 'table';
  const known = outputFormats.find((format) => format === output);
  if (known !== undefined) return known;
  throw new MeshError(
    'USAGE',
    `there is no output form "${String(output)}"${didYouMean(String(output), outputFormats)}`,
    {
      hint: `use -o with one of ${outputFormats.join(', ')}`,
    },
  );
}

function colorOf(flag: unknown, env: NodeJS.ProcessEnv): boolean | undefined {
  if (flag === true || flag === false) return flag;
  return env['NO_COLOR'] || env['TERM'] === 'dumb' ? false : undefined;
}
