/**
 * What the shell may offer next: the only importer of @bomb.sh/tab. Commands and options come from the command files,
 * names of agents and machines from the fleet's configuration; nothing is asked over the wire, so that TAB never waits.
 */
import { RootCommand, type Command as TabCommand } from '@bomb.sh/tab';
import { globalOptions } from '../line/global-options.js';
import type { OptionSpec } from '../line/option-spec.js';
import type { Command, IndexedCommand, Operand } from './command.js';
import type { Surroundings } from './context.js';

/** Prints the script that makes a shell ask `mesh complete -- WORDS`. */
export const printCompletionScript = (shell: 'bash' | 'zsh' | 'fish'): void =>
  new RootCommand().setup('mesh', 'mesh', shell);

/** Prints the offers for the last of `words`. */
export async function offerCompletions(
  words: readonly string[],
  surroundings: Surroundings,
  commands: readonly IndexedCommand[],
  groups: Readonly<Record<string, string>>,
): Promise<void> {
  const root = new RootCommand();
  const names = await namesOf(surroundings, words);
  addOptions(root, globalOptions);
  for (const [group, summary] of Object.entries(groups)) root.command(group, summary);
  for (const { path, summary, load } of commands) {
    const tab = root.command(path, summary);
    if (!concerns(path, words)) continue;
    const { command }: { readonly command: Command } = await load();
    addOptions(tab, [...(command.options ?? []), ...globalOptions]);
    for (const operand of command.operands ?? []) addOperand(tab, operand, names);
  }
  root.parse([...words]);
}

const concerns = (path: string, words: readonly string[]): boolean =>
  path.split(' ').every((part) => words.includes(part));

interface Names {
  readonly agents: readonly string[];
  readonly machines: readonly string[];
}

function addOptions(tab: TabCommand, options: readonly OptionSpec[]): void {
  for (const { flags, description, choices } of options) {
    const long = /--([a-z-]+)/.exec(flags)?.[1];
    const short = /^-([a-z]),/i.exec(flags)?.[1];
    if (long === undefined) continue;
    if (!flags.includes('<')) tab.option(long, description, ...(short === undefined ? [] : [short]));
    else tab.option(long, description, offering(choices ?? []), short);
  }
}

const offering =
  (values: readonly string[]) =>
  (offer: (value: string, description: string) => void): void => {
    for (const value of values) offer(value, '');
  };

function addOperand(tab: TabCommand, { syntax, completes }: Operand, names: Names): void {
  tab.argument(syntax, offering(offersFor(completes, names)), syntax.includes('...'));
}

function offersFor(completes: Operand['completes'], { agents, machines }: Names): readonly string[] {
  switch (completes) {
    case 'agent':
      return [...new Set(agents.map((instance) => instance.split('@')[0] ?? '')), ...agents];
    case 'action':
      return [...new Set(agents.map((instance) => `${instance.split('@')[0] ?? ''}.`))];
    case 'machine':
      return machines;
    case 'shell':
      return ['bash', 'zsh', 'fish'];
    default:
      return [];
  }
}

/** A folder without a fleet, or with a broken one, has no names to offer. */
async function namesOf({ env, cwd }: Surroundings, words: readonly string[]): Promise<Names> {
  try {
    const { readSettings } = await import('../../common/config/settings.js');
    const { loadFleet } = await import('../../common/config/fleet-config.js');
    const at = words.indexOf('--mesh');
    const { home, environment } = readSettings({ env, cwd, flags: { home: at < 0 ? undefined : words[at + 1] } });
    const { machines } = loadFleet({ home, env: environment });
    const agents = [...machines.values()].flatMap((machine) => machine.agents.map(({ instance }) => instance));
    return { agents, machines: [...machines.keys()] };
  } catch {
    return { agents: [], machines: [] };
  }
}
