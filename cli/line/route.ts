/**
 * Which command a line means: the words before its first option that name one, wherever the options for all commands
 * stand. Pure.
 */
import { MeshError } from '../../common/core/errors.js';
import { nearest } from '../../common/core/nearest.js';

export interface Route {
  readonly kind: 'command' | 'group' | 'root';
  /** `registry ls`, `registry`, or nothing. */
  readonly path: string;
  /** What remains of the line, in order. */
  readonly rest: readonly string[];
}

/**
 * @param valued options that take the next word, of those that may stand before the command.
 * @throws MeshError USAGE for words that name no command, with the nearest that would.
 */
export function routeOf(argv: readonly string[], paths: readonly string[], valued: ReadonlySet<string>): Route {
  const rest: string[] = [];
  const words: string[] = [];
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] ?? '';
    if (word === '--') return finish([...rest, ...argv.slice(index)]);
    if (word.startsWith('-')) {
      rest.push(word);
      if (valued.has(word) && index + 1 < argv.length) rest.push(argv[++index] ?? '');
      continue;
    }
    words.push(word);
    if (paths.includes(words.join(' '))) {
      return { kind: 'command', path: words.join(' '), rest: [...rest, ...argv.slice(index + 1)] };
    }
    if (!isGroup(words, paths)) throw unknownCommand(words, paths);
  }
  return finish(rest);

  function finish(remaining: readonly string[]): Route {
    return words.length === 0
      ? { kind: 'root', path: '', rest: remaining }
      : { kind: 'group', path: words.join(' '), rest: remaining };
  }
}

const isGroup = (words: readonly string[], paths: readonly string[]): boolean =>
  paths.some((path) => path.startsWith(`${words.join(' ')} `));

export function unknownCommand(words: readonly string[], paths: readonly string[]): MeshError {
  const before = words.slice(0, -1);
  const candidates = new Set(paths.map((path) => path.split(' ')).flatMap((path) => wordAfter(before, path)));
  const last = words.at(-1) ?? '';
  const near = nearest(last, candidates) ?? verbElsewhere(last, before, paths);
  const full = near === undefined ? undefined : ['mesh', ...before, near].join(' ');
  return new MeshError('USAGE', `there is no command "${['mesh', ...words].join(' ')}"`, {
    hint: `run "${['mesh', ...before, '--help'].join(' ')}" for the list`,
    ...(full === undefined ? {} : { details: { didYouMean: full } }),
  });
}

function wordAfter(before: readonly string[], path: readonly string[]): string[] {
  const next = path[before.length];
  return next !== undefined && before.every((word, index) => path[index] === word) ? [next] : [];
}

/** `mesh tail` may mean `mesh error tail`: a verb of a group, written without it. */
function verbElsewhere(word: string, before: readonly string[], paths: readonly string[]): string | undefined {
  return before.length > 0 ? undefined : paths.find((path) => path.endsWith(` ${word}`));
}
