/** What a node answers about the care of what its machine stores: backups, walks over all hashes, questions in SQL. */
import { limits } from '../../core/limits.js';
import { Count, closed, JournalId, method, Nothing, Text } from '../message-parts.js';
import { Name, WallMs } from '../registry-entry.js';
import { Type } from '../type.js';

const Store = Type.Optional(
  Type.Enum(['journal', 'log'], { description: "the machine's journal, which is the default; or, on main, the log" }),
);
const BackupFile = Type.String({ maxLength: limits.configTextMax, description: 'in the folder of backups' });
const Damage = closed({ journalId: Type.String(), seq: Count, reason: Text });

const Verdict = {
  checkedCount: Count,
  damaged: Type.Array(Damage, { description: 'the first of those that are damaged or missing' }),
  damagedCount: Type.Optional(Count),
  missingCount: Type.Optional(
    Type.Integer({ minimum: 0, description: 'places that should be held, are not, and of which nothing says why' }),
  ),
  holeCount: Type.Optional(Type.Integer({ minimum: 0, description: 'places of which is said why they are empty' })),
  unverifiableCount: Type.Optional(
    Type.Integer({ minimum: 0, description: 'records with nothing left before them that could prove them' }),
  ),
  forks: Type.Optional(
    Type.Array(closed({ parentId: JournalId, journalIds: Type.Array(JournalId) }), {
      description: 'several chains behind one: a journal was restored from a backup there',
    }),
  ),
};

export const careMessages = {
  'journal.verify': method(
    'node',
    'Walks every hash of the journal, or of the log.',
    closed({ store: Store }),
    closed(Verdict),
  ),
  'journal.backup': method(
    'node',
    'Backs the journal or the log up while it is at work; answers when the backup is compressed, checked and on the disk.',
    closed({ store: Store }),
    closed({
      name: BackupFile,
      sizeBytes: Count,
      checkedCount: Count,
      damagedCount: Count,
      dropped: Type.Array(BackupFile),
    }),
  ),
  'journal.backups': method(
    'node',
    'The backups of this machine, newest first.',
    Nothing,
    closed({
      folder: Type.String({ description: 'where they are, on that machine' }),
      backups: Type.Array(
        closed({
          name: BackupFile,
          store: Type.Enum(['journal', 'log']),
          machine: Name,
          madeMs: WallMs,
          sizeBytes: Count,
        }),
      ),
    }),
  ),
  'journal.query': method(
    'node',
    'One SELECT over the journal or the log, in a process of its own that is ended when its time is over. Cells are texts, numbers or null.',
    closed({
      store: Store,
      sql: Type.String({ minLength: 1, maxLength: limits.queryTextMax }),
      rowsMax: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.queryRowsMax })),
      timeoutMs: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.queryMsMax })),
    }),
    closed({
      columns: Type.Array(Type.String()),
      rows: Type.Array(Type.Array(Type.Union([Type.String(), Type.Number(), Type.Null()]))),
      isCut: Type.Boolean({ description: 'there are more rows' }),
    }),
  ),
  'journal.progress': method(
    'node',
    'What is being backed up or verified, and how far that is.',
    Nothing,
    closed({
      jobs: Type.Array(
        closed({ job: Type.String(), store: Type.Enum(['journal', 'log']), doneCount: Count, totalCount: Count }),
      ),
    }),
  ),
} as const;
