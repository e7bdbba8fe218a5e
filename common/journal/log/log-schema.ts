/** The tables of the merged log on main, as numbered steps; append only. */

import { consumerMigration } from '../consumers/consumer-schema.js';
import { errorRoomMigration, errorStandingMigration } from '../errors/error-schema.js';
import { zoneMigration } from '../finder/zone-schema.js';
import { streamMigration } from '../streams/stream-schema.js';
import { openingMigration } from './opening-schema.js';

export const logMigrations: readonly string[] = [
  `
  -- One row per chain that any machine ever announced. base_seq: the last entry that was pruned here. digest covers all
  -- other columns.
  CREATE TABLE journals (
    id INTEGER PRIMARY KEY,
    journal_id TEXT NOT NULL UNIQUE,
    machine TEXT NOT NULL,
    parent_id TEXT,
    base_seq INTEGER NOT NULL,
    head_seq INTEGER NOT NULL,
    head_hash BLOB,
    digest BLOB NOT NULL
  ) STRICT;
  CREATE INDEX journals_by_parent ON journals (parent_id);

  CREATE TABLE records (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    journal INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    ts INTEGER NOT NULL,
    stream TEXT NOT NULL,
    agent TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    body BLOB NOT NULL,
    hash BLOB NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX records_by_seq ON records (journal, seq);
  CREATE INDEX records_by_stream ON records (stream, id);

  CREATE TABLE holes (
    journal INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    hash BLOB,
    reason TEXT NOT NULL,
    PRIMARY KEY (journal, seq)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE error_groups (
    fingerprint TEXT PRIMARY KEY,
    code TEXT NOT NULL,
    message TEXT NOT NULL,
    severity TEXT NOT NULL,
    component TEXT NOT NULL,
    agent TEXT NOT NULL,
    machine TEXT NOT NULL,
    count INTEGER NOT NULL,
    first_seen INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    last_id INTEGER NOT NULL,
    status TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX error_groups_by_last ON error_groups (last_id);

  CREATE TABLE error_occurrences (
    fingerprint TEXT NOT NULL,
    id INTEGER NOT NULL,
    PRIMARY KEY (fingerprint, id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX error_occurrences_by_id ON error_occurrences (id);
  `,
  `
  -- The trace of the call that emitted it, and where its body is when that is a file of its machine.
  ALTER TABLE records ADD COLUMN trace TEXT NOT NULL DEFAULT '';
  ALTER TABLE records ADD COLUMN ref TEXT NOT NULL DEFAULT '';
  CREATE INDEX records_by_ref ON records (ref) WHERE ref <> '';
  `,
  consumerMigration,
  streamMigration,
  errorStandingMigration,
  zoneMigration,
  `
  -- What a record is about, in the words of its emitter.
  ALTER TABLE records ADD COLUMN key TEXT NOT NULL DEFAULT '';
  ALTER TABLE dead_letters ADD COLUMN key TEXT NOT NULL DEFAULT '';
  `,
  errorRoomMigration,
  openingMigration,
];
