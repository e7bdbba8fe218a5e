/**
 * `npm run bench`: measures the rows, one after the other, and prints the table, or with `--json` the array of results
 * and nothing else. Progress goes to standard error. Exit code 0 says that the figures are valid, whatever they are;
 * 1 that a row could not be measured, 2 that the command was not understood, 130 that it was interrupted.
 */
import { mkdirSync } from 'node:fs';
import { errorTable, MeshError, messageOf } from '../common/core/errors.js';
import { readArguments, USAGE } from './arguments.js';
import { measureRow, skippedLine } from './measure/measure-row.js';
import { profiling } from './measure/profiler.js';
import type { RowResult } from './measure/row.js';
import { surroundingsOf } from './measure/surroundings.js';
import { tableOf } from './measure/table.js';
import { rows } from './row-registry.js';

const tell = (line: string): void => void process.stderr.write(`${line}\n`);
const print = (text: string): void => void process.stdout.write(`${text}\n`);

async function main(args: readonly string[]): Promise<void> {
  const {
    json,
    help,
    rows: names,
    effort,
    profile,
  } = readArguments(
    args,
    rows.map(({ name }) => name),
  );
  if (help) return print(USAGE);
  if (profile !== undefined) {
    mkdirSync(profile, { recursive: true });
    // Every process of every row inherits it.
    process.env['NODE_OPTIONS'] = `${process.env['NODE_OPTIONS'] ?? ''} ${profiling(profile)}`;
  }
  // Taken first: the load of the machine is that before our own.
  const surroundings = surroundingsOf(args);
  const interrupted = interruption();
  const results: RowResult[] = [];
  for (const row of rows)
    if (names.includes(row.name)) results.push(...(await measureRow(row, effort, tell, interrupted)));
  if (json) print(JSON.stringify(results, undefined, 2));
  else print([...surroundings, '', ...tableOf(rows, results)].join('\n'));
  // Once more at the end, where it is seen.
  for (const result of results) if (result.kind === 'skipped') tell(skippedLine(result));
}

/** Ctrl-C and SIGTERM: rejects, so that whatever is open is closed on the way out. */
function interruption(): Promise<never> {
  const interrupted = new Promise<never>((_, reject) => {
    const end = () => reject(new MeshError('INTERRUPTED', 'the bench was interrupted'));
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, end);
  });
  // It may come while nobody waits for it.
  interrupted.catch(() => undefined);
  return interrupted;
}

await main(process.argv.slice(2)).catch((error: unknown) => {
  tell(`error: ${messageOf(error)}`);
  if (error instanceof MeshError && error.hint !== undefined) tell(`next: ${error.hint}`);
  process.exitCode = error instanceof MeshError ? errorTable[error.code].exitCode : 1;
});
