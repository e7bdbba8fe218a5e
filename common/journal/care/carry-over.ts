/**
 * What a journal that is replaced by a backup knows and the backup cannot: which of its records main has, those that it has
 * not, and the small states that belong to this moment. It goes into the backup, under the names that it has, so that main
 * still knows what it got already: nothing that was acknowledged to an agent is lost, and nothing is doubled.
 */
import { type Chain, ChainTable, positionOf } from '../machine/chain-table.js';
import type { Connection } from '../sqlite/database.js';

/** Those that are right only as they were at the end; each is taken whole. */
export const carriedTables = [
  'checkpoints',
  'producers',
  'dedupe_keys',
  'fold_kinds',
  'folds',
  'fold_bodies',
  'reporters',
];

/** All or nothing, in one transaction of `copy`. @returns how many records main does not have yet */
export function carryOver(present: Connection, copy: Connection): number {
  const carry = copy.transaction(() => {
    const counts = new ChainTable(present).all.map((chain) => carryChain(present, copy, chain));
    for (const table of carriedTables) carryTable(present, copy, table);
    return counts.reduce((sum, count) => sum + count, 0);
  });
  return carry.immediate();
}

/** Records that main has not acknowledged. */
export const pendingCountOf = (db: Connection): number =>
  new ChainTable(db).all.reduce((sum, { head, acked }) => sum + head.seq - acked.seq, 0);

/** The chain as `present` has it, from what main acknowledged on; what the backup has of it is older. */
function carryChain(present: Connection, copy: Connection, chain: Chain): number {
  const known = new ChainTable(copy).all.find(({ journalId }) => journalId === chain.journalId);
  if (known !== undefined) {
    if (known.head.seq > chain.head.seq) return 0;
    copy
      .prepare<[number, number]>('DELETE FROM records WHERE position BETWEEN ? AND ?')
      .run(known.firstPosition, positionOf(known, known.head.seq));
    copy.prepare<[number]>('DELETE FROM chains WHERE id = ?').run(known.id);
  }
  const chains = new ChainTable(copy);
  const ends = chains.all.map((other) => positionOf(other, other.head.seq));
  const moved: Chain = {
    ...chain,
    id: Math.max(0, ...chains.all.map(({ id }) => id)) + 1,
    status: chain.status === 'open' ? 'sealed' : chain.status,
    firstPosition: Math.max(0, ...ends) + 1,
    base: chain.acked,
  };
  chains.put(moved);
  const shift = moved.firstPosition - chain.firstPosition;
  carryRows(present, copy, 'records', {
    where: `WHERE position BETWEEN ${positionOf(chain, chain.acked.seq + 1)} AND ${positionOf(chain, chain.head.seq)}`,
    change: (row) => ({ ...row, position: Number(row['position']) + shift }),
  });
  return chain.head.seq - chain.acked.seq;
}

function carryTable(present: Connection, copy: Connection, table: string): void {
  if (columnsOf(present, table).length === 0 || columnsOf(copy, table).length === 0) return;
  copy.prepare(`DELETE FROM ${table}`).run();
  carryRows(present, copy, table, { where: '', change: (row) => row });
}

type Row = Readonly<Record<string, unknown>>;

/** By the columns that both have: one of them may be of another version. */
function carryRows(
  present: Connection,
  copy: Connection,
  table: string,
  { where, change }: { readonly where: string; readonly change: (row: Row) => Row },
): void {
  const theirs = new Set(columnsOf(copy, table));
  const columns = columnsOf(present, table).filter((column) => theirs.has(column));
  const insert = copy.prepare(
    `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map((column) => `@${column}`).join(', ')})`,
  );
  for (const row of present.prepare<[], Row>(`SELECT ${columns.join(', ')} FROM ${table} ${where}`).iterate())
    insert.run(change(row));
}

const columnsOf = (db: Connection, table: string): string[] =>
  db.prepare<[string], string>('SELECT name FROM pragma_table_info(?)').pluck().all(table);
