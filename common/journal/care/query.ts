/**
 * One SELECT over a store, for people. Strictly reading: the connection cannot write, SQLite is told so as well, only one
 * statement is taken, and only of a kind that answers rows; no other file can be attached. Rows and bytes are bounded. Time
 * is not, here: SQLite cannot be interrupted from inside, so a query runs in a process that can be ended.
 */
import { MeshError, messageOf } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import { makeViews } from './query-views.js';
import { besideStore, type StoreKind } from './store-file.js';

export interface QueryOptions {
  readonly file: string;
  readonly kind: StoreKind;
  readonly sql: string;
  readonly rowsMax: number;
}

/** Of SQLite; bytes as hexadecimal text, whole numbers beyond 2^53 as text. */
export type Cell = string | number | null;

export interface QueryAnswer {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  /** More rows than were asked for, or than an answer may hold. */
  readonly isCut: boolean;
}

/** @throws USAGE for a statement that is no question, or that SQLite does not understand */
export function query({ file, kind, sql, rowsMax }: QueryOptions): QueryAnswer {
  return besideStore(file, (db) => {
    db.pragma('temp_store = MEMORY'); // what is sorted counts as memory, which is bounded, and takes no room on the disk
    makeViews(db, kind); // in the connection's own scratch space, which may be written for them and not afterwards
    db.pragma('query_only = ON');
    const statement = understood(() => {
      refuseOtherThanQuestions(sql);
      const prepared = db.prepare<[], unknown[]>(sql);
      if (!prepared.reader || !prepared.readonly)
        throw new MeshError('USAGE', 'only questions are answered here, and this statement writes');
      return prepared.raw().safeIntegers();
    });
    const columns = statement.columns().map(({ name }) => name);
    return understood(() => ({ columns, ...collect(statement.iterate(), rowsMax) }));
  });
}

/** By its first word: a PRAGMA or an ATTACH would count as reading for SQLite. */
function refuseOtherThanQuestions(sql: string): void {
  const [, word = ''] = /^(?:\s|--[^\n]*\n|\/\*[\s\S]*?\*\/|\()*([a-z]*)/i.exec(sql) ?? [];
  if (['select', 'with', 'values', 'explain'].includes(word.toLowerCase())) return;
  throw new MeshError('USAGE', `only questions are answered here, and "${word || sql.slice(0, 20)}" begins none`, {
    hint: 'Write one SELECT; the tables are records, errors, journals, and groups in the log.',
  });
}

function collect(rows: Iterable<unknown[]>, rowsMax: number): Pick<QueryAnswer, 'rows' | 'isCut'> {
  const kept: Cell[][] = [];
  let sizeBytes = 0;
  for (const row of rows) {
    const cells = row.map(cellOf);
    sizeBytes += cells.reduce<number>((sum, cell) => sum + (typeof cell === 'string' ? cell.length * 3 : 9), 0);
    if (kept.length >= rowsMax || sizeBytes > limits.queryBytesMax) return { rows: kept, isCut: true };
    kept.push(cells);
  }
  return { rows: kept, isCut: false };
}

function cellOf(value: unknown): Cell {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (typeof value === 'string' || typeof value === 'number') return value;
  return null;
}

const ABOUT_WORDS = /^SQLITE_(ERROR|READONLY|TOOBIG|MISMATCH|RANGE|AUTH)/;

/** What SQLite says of a statement is said to whoever wrote it. */
function understood<T>(work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    const code = typeof thrown === 'object' && thrown !== null && 'code' in thrown ? thrown.code : undefined;
    if (!ABOUT_WORDS.test(String(code)) && !(thrown instanceof RangeError)) throw thrown;
    throw new MeshError('USAGE', `the statement was not understood: ${messageOf(thrown)}`, {
      cause: thrown,
      hint: 'Its tables are records, errors and journals; of a journal also checkpoints, of the log also groups and holes.',
    });
  }
}
