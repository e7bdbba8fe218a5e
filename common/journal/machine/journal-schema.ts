/** The tables of a machine's journal, as numbered steps; append only. */
export const journalMigrations: readonly string[] = [
  `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

  -- One row per opening of the file. Entry n of a chain lies at position first_position + n - 1, so no index can
  -- disagree with the rows; digest covers all other columns.
  CREATE TABLE chains (
    id INTEGER PRIMARY KEY,
    journal_id TEXT NOT NULL UNIQUE,
    parent_id TEXT,
    status TEXT NOT NULL,
    first_position INTEGER NOT NULL,
    base_seq INTEGER NOT NULL, base_hash BLOB,
    acked_seq INTEGER NOT NULL, acked_hash BLOB,
    head_seq INTEGER NOT NULL, head_hash BLOB,
    opened_ms INTEGER NOT NULL,
    digest BLOB NOT NULL
  ) STRICT;

  CREATE TABLE records (
    position INTEGER PRIMARY KEY,
    ts INTEGER NOT NULL,
    stream TEXT NOT NULL,
    agent TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    body BLOB NOT NULL,
    hash BLOB NOT NULL
  ) STRICT;

  -- The last batch of each emitter: a repeat is recognised by its number and proved by its hashes.
  CREATE TABLE producers (
    id TEXT PRIMARY KEY,
    first_seq INTEGER NOT NULL,
    count INTEGER NOT NULL,
    journal_id TEXT NOT NULL,
    journal_seq INTEGER NOT NULL,
    previous_hash BLOB NOT NULL,
    last_hash BLOB NOT NULL,
    position INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX producers_by_position ON producers (position);

  CREATE TABLE checkpoints (
    agent TEXT NOT NULL,
    name TEXT NOT NULL,
    bytes BLOB NOT NULL,
    digest BLOB NOT NULL,
    PRIMARY KEY (agent, name)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- The trace of the call that emitted it, and where its body is when that is a file.
  ALTER TABLE records ADD COLUMN trace TEXT NOT NULL DEFAULT '';
  ALTER TABLE records ADD COLUMN ref TEXT NOT NULL DEFAULT '';
  CREATE INDEX records_by_ref ON records (ref) WHERE ref <> '';
  `,
  `
  -- Kinds of errors that were reported lately. Times are monotonic, so an opening begins with none. The last three columns
  -- say which record of the kind was stored last.
  CREATE TABLE fold_kinds (
    kind TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    tokens REAL NOT NULL,
    filled_ms REAL NOT NULL,
    step INTEGER NOT NULL,
    due_ms REAL NOT NULL,
    journal_id TEXT NOT NULL DEFAULT '',
    seq INTEGER NOT NULL DEFAULT 0,
    hash BLOB NOT NULL DEFAULT x''
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX fold_kinds_by_account ON fold_kinds (account);
  CREATE INDEX fold_kinds_quiet ON fold_kinds (due_ms) WHERE step = 0;
  CREATE INDEX fold_kinds_folding ON fold_kinds (due_ms) WHERE step > 0;

  -- What was counted of them and is not stored as a record yet. digest covers all other columns; a body stands by itself,
  -- because it is written once and the count often.
  CREATE TABLE folds (
    kind TEXT NOT NULL,
    agent TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    count INTEGER NOT NULL,
    first_ms INTEGER NOT NULL,
    last_ms INTEGER NOT NULL,
    trace TEXT NOT NULL,
    body_hash BLOB NOT NULL,
    digest BLOB NOT NULL,
    PRIMARY KEY (kind, agent)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE fold_bodies (kind TEXT NOT NULL, agent TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (kind, agent)) STRICT;

  -- The last batch of reports of each reporter, with what it was answered.
  CREATE TABLE reporters (
    id TEXT PRIMARY KEY,
    first_seq INTEGER NOT NULL,
    count INTEGER NOT NULL,
    answer TEXT NOT NULL,
    turn INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX reporters_by_turn ON reporters (turn);
  `,
  `
  -- What a record is about, in the words of its emitter.
  ALTER TABLE records ADD COLUMN key TEXT NOT NULL DEFAULT '';

  -- Records that bear a key by which a repeat is known: what was stored under it, and where. turn orders them by age; digest
  -- covers all other columns.
  CREATE TABLE dedupe_keys (
    turn INTEGER PRIMARY KEY,
    stream TEXT NOT NULL,
    dedupe_key TEXT NOT NULL,
    content BLOB NOT NULL,
    journal_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    hash BLOB NOT NULL,
    stored_ms INTEGER NOT NULL,
    digest BLOB NOT NULL,
    UNIQUE (stream, dedupe_key)
  ) STRICT;

  -- Those of the last batch that were stored before, so that its repeat gets the same answer.
  ALTER TABLE producers ADD COLUMN repeats TEXT NOT NULL DEFAULT '';
  `,
  `
  -- It took a page of each commit, and is read only when the producers are trimmed, which are few.
  DROP INDEX producers_by_position;
  `,
];
