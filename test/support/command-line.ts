/**
 * What the long forms of the proofs understand on their command line. `--help` is answered with what there is; whoever says
 * something else is told in one line what is wrong, with the usage, and the program ends with 2 before it has begun.
 */
import { parseArgs } from 'node:util';

interface NumberOption {
  readonly kind: 'number';
  readonly what: string;
  readonly min: number;
  /** Default: whole numbers only. */
  readonly mayBePart?: boolean;
  /** Undefined: drawn anew each time, and printed by the program. */
  readonly otherwise: number | undefined;
}

interface ChoiceOption {
  readonly kind: 'choice';
  readonly what: string;
  readonly of: readonly string[];
}

type Options = Readonly<Record<string, NumberOption | ChoiceOption>>;
type Values<O extends Options> = {
  readonly [Name in keyof O]: O[Name] extends NumberOption ? number : string | undefined;
};

export interface CommandLine<O extends Options> {
  /** How it is started: `npm run proof`. */
  readonly command: string;
  readonly what: string;
  readonly options: O;
}

export type Understood<O extends Options> =
  | { readonly kind: 'values'; readonly values: Values<O> }
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'refused'; readonly text: string };

export const seedOption: NumberOption = {
  kind: 'number',
  what: 'repeats a run; printed by each',
  min: 0,
  otherwise: undefined,
};

export const count = (what: string, otherwise: number): NumberOption => ({ kind: 'number', what, min: 1, otherwise });
export const minutes = (otherwise: number): NumberOption => ({
  ...{ kind: 'number', what: 'how long, also a part of one', min: 0.01, mayBePart: true, otherwise },
});
export const oneOf = (what: string, of: readonly string[]): ChoiceOption => ({ kind: 'choice', what, of });

/** The values of the program's own command line; ends the process where there is nothing to run. */
export function commandLine<O extends Options>(line: CommandLine<O>): Values<O> {
  const understood = understand(line, process.argv.slice(2));
  if (understood.kind === 'values') return understood.values;
  if (understood.kind === 'help') console.log(understood.text);
  else console.error(understood.text);
  process.exit(understood.kind === 'help' ? 0 : 2);
}

export function understand<O extends Options>(line: CommandLine<O>, argv: readonly string[]): Understood<O> {
  const names = Object.keys(line.options);
  const text = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]));
  const refused = (why: string) => ({ kind: 'refused' as const, text: `error: ${why}\n${usageOf(line)}` });
  let given: Readonly<Record<string, unknown>>;
  try {
    given = parseArgs({ args: [...argv], options: { ...text, help: { type: 'boolean', short: 'h' } } }).values;
  } catch (error) {
    return refused(error instanceof Error ? (error.message.split('. ')[0] ?? '') : String(error));
  }
  if (given['help'] === true) return { kind: 'help', text: helpOf(line) };
  const values: Record<string, number | string | undefined> = {};
  for (const [name, option] of Object.entries(line.options)) {
    const word = given[name];
    const value = typeof word === 'string' ? read(option, word) : otherwise(option);
    if (value === undefined && word !== undefined) return refused(`--${name} is ${mustBe(option)}, not "${word}"`);
    values[name] = value;
  }
  return { kind: 'values', values: values as Values<O> };
}

function otherwise(option: NumberOption | ChoiceOption): number | undefined {
  return option.kind === 'choice' ? undefined : (option.otherwise ?? Math.floor(Math.random() * 2 ** 31));
}

function read(option: NumberOption | ChoiceOption, word: string): number | string | undefined {
  if (option.kind === 'choice') return option.of.includes(word) ? word : undefined;
  const value = word.trim() === '' ? Number.NaN : Number(word);
  const isNumber = option.mayBePart === true ? Number.isFinite(value) : Number.isSafeInteger(value);
  return isNumber && value >= option.min ? value : undefined;
}

function mustBe(option: NumberOption | ChoiceOption): string {
  if (option.kind === 'choice') return `one of ${option.of.join(', ')}`;
  return `a ${option.mayBePart === true ? '' : 'whole '}number from ${option.min} on`;
}

function usageOf({ command, options }: CommandLine<Options>): string {
  const words = Object.entries(options).map(([name, option]) => `[--${name} ${placeholder(option)}]`);
  return `usage: ${command} -- ${words.join(' ')}`;
}

function helpOf(line: CommandLine<Options>): string {
  const rows = Object.entries(line.options).map(([name, option]) => {
    const left = `  --${name} ${placeholder(option)}`.padEnd(22);
    if (option.kind === 'choice') return `${left} ${option.what}: ${option.of.join(', ')}`;
    return `${left} ${option.what}${option.otherwise === undefined ? '' : ` (${option.otherwise})`}`;
  });
  return [
    line.what,
    '',
    usageOf(line),
    '',
    ...rows,
    '',
    'Ends with 0 when all of it held, with 1 when it did not.',
  ].join('\n');
}

const placeholder = (option: NumberOption | ChoiceOption): string => (option.kind === 'choice' ? 'NAME' : 'N');
