import { MeshError } from '../../common/core/errors.js';
import { limits } from '../../common/core/limits.js';
import type { Command } from '../command/command.js';
import { sortAnswers } from '../fleet/machine-answers.js';
import { askStores, logOption, storesAsked, storeWord } from '../journals/store-option.js';
import { durationOption } from '../line/moment.js';

type Row = Readonly<Record<string, string | number | null>>;

export const command: Command = {
  details: `One SELECT, read-only, in a process that is ended when its time is over. Default: the journals of all machines, each row with its machine; a journal keeps what main has acknowledged only for a while, the log keeps all. Views: records, errors, journals; of a journal also checkpoints, of the log also groups and holes; bodies are JSON texts (body ->> '$.field'). See docs/journal.md.`,
  operands: [{ syntax: '<statement>', description: 'in the SQL of SQLite' }],
  options: [
    logOption,
    { flags: '--timeout <time>', description: 'end it after that; default 5s, at most 1m' },
    { flags: '--limit <rows>', description: `of each store; default ${limits.queryRowsDefault}` },
  ],
  examples: [
    {
      line: `mesh journal sql "SELECT stream, count(*) AS records FROM records GROUP BY stream"`,
      explains: 'every journal',
    },
    {
      line: `mesh journal sql --log "SELECT at, machine, agent, message FROM errors ORDER BY id DESC LIMIT 5"`,
      explains: "main's log: the last errors of all machines",
    },
    {
      line: `mesh journal sql --machine pc2 --json "SELECT agent, pending FROM records WHERE pending"`,
      explains: 'what pc2 holds and main does not have yet',
    },
  ],
  async run(context, args) {
    const sql = args.operand(0);
    if (sql.length > limits.queryTextMax)
      throw new MeshError('USAGE', `the statement has ${sql.length} characters, more than ${limits.queryTextMax}`);
    const timeoutMs = durationOption(args, 'timeout', limits.queryMsMax) ?? limits.queryMsDefault;
    const rowsMax = args.count('limit', { min: 1, max: limits.queryRowsMax }) ?? limits.queryRowsDefault;
    const access = await context.access();
    const { output, signal } = context;
    const places = await storesAsked(context, args);
    const answers = await askStores<'journal.query'>(context, places, async ({ machine, store }) => {
      const options = { timeoutMs: timeoutMs + limits.requestTimeoutMs, signal };
      return (await access.node(machine)).request('journal.query', { store, sql, rowsMax, timeoutMs }, options);
    });
    const { exitCode } = sortAnswers(answers, output);
    const isSeveral = places.length > 1;
    const heads = isSeveral ? ['machine'] : [];
    const rows: Row[] = [];
    for (const { machine, store, ...answer } of answers) {
      if (!('body' in answer)) continue;
      const { columns, rows: cells, isCut } = answer.body;
      for (const column of columns) if (!heads.includes(column)) heads.push(column);
      const own = isSeveral ? { machine: machine.name } : {};
      rows.push(
        ...cells.map((row) => ({ ...own, ...Object.fromEntries(row.map((cell, at) => [columns[at] ?? '', cell])) })),
      );
      if (isCut) output.warn(`${storeWord(machine.name, store)}: there are more rows; narrow it, or say --limit`);
    }
    await output.list(rows, {
      columns: heads.map((head) => ({ head, value: (row: Row) => cellText(row[head]) })),
      name: (row) => Object.values(row).map(cellText).join('\t'),
      empty: 'no rows',
    });
    return exitCode;
  },
};

const cellText = (cell: string | number | null | undefined): string =>
  cell === null || cell === undefined ? '-' : String(cell);
