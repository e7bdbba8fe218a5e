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
];
