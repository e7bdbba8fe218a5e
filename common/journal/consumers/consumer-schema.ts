/** The tables of consumer groups in the file of the merged log: one step of its migrations. */
export const consumerMigration = `
  -- Up to floor_id everything of the group is settled. machine and agent: only records of these; empty for all.
  CREATE TABLE consumer_groups (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    stream TEXT NOT NULL,
    machine TEXT NOT NULL,
    agent TEXT NOT NULL,
    ordered INTEGER NOT NULL,
    ack_wait_ms INTEGER NOT NULL,
    deliveries_max INTEGER NOT NULL,
    backoff_first_ms INTEGER NOT NULL,
    backoff_max_ms INTEGER NOT NULL,
    floor_id INTEGER NOT NULL,
    lost INTEGER NOT NULL,
    created_ms INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX consumer_groups_by_stream ON consumer_groups (stream, floor_id);

  -- Records above the floor: settled, or delivered so often in vain.
  CREATE TABLE group_records (
    group_id INTEGER NOT NULL,
    id INTEGER NOT NULL,
    settled INTEGER NOT NULL,
    deliveries INTEGER NOT NULL,
    PRIMARY KEY (group_id, id)
  ) STRICT, WITHOUT ROWID;

  -- Each with its record, which the log may prune meanwhile. replayed: it is being tried again.
  CREATE TABLE dead_letters (
    group_id INTEGER NOT NULL,
    id INTEGER NOT NULL,
    deliveries INTEGER NOT NULL,
    code TEXT NOT NULL,
    message TEXT NOT NULL,
    died_ms INTEGER NOT NULL,
    replayed INTEGER NOT NULL,
    journal_id TEXT NOT NULL,
    machine TEXT NOT NULL,
    seq INTEGER NOT NULL,
    ts INTEGER NOT NULL,
    stream TEXT NOT NULL,
    agent TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    body BLOB NOT NULL,
    hash BLOB NOT NULL,
    trace TEXT NOT NULL,
    ref TEXT NOT NULL,
    integrity TEXT NOT NULL,
    PRIMARY KEY (group_id, id)
  ) STRICT;
  CREATE INDEX dead_letters_by_ref ON dead_letters (ref) WHERE ref <> '';

  -- One row: every delivery has a number below it.
  CREATE TABLE delivery_numbers (one INTEGER PRIMARY KEY CHECK (one = 1), reserved INTEGER NOT NULL) STRICT;
`;
