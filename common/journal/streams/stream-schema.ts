/** The tables of streams in the file of the merged log: one step of its migrations. */
export const streamMigration = `
  -- What is held of each stream, so that nobody has to count it. digest covers all other columns; it is empty in a row
  -- that this step has counted, until the stream changes.
  CREATE TABLE streams (
    stream TEXT PRIMARY KEY,
    count INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    pruned INTEGER NOT NULL,
    digest BLOB NOT NULL
  ) STRICT, WITHOUT ROWID;
  INSERT INTO streams
    SELECT stream, count(*), sum(length(body)), 0, x'' FROM records GROUP BY stream;

  -- Places of a chain whose records went by the retention of their stream, from first_seq to last_seq, and the hash of the
  -- last of them: with it the record behind it stays proved.
  CREATE TABLE pruned_runs (
    journal INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    first_seq INTEGER NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (journal, last_seq)
  ) STRICT, WITHOUT ROWID;
`;
