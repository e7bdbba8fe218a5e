/** The index of main's log by which records are found: see `zone-index.ts`. */
export const zoneMigration = `
  -- Ids in blocks of 4096: when the first and the last record of each was made.
  CREATE TABLE zones (zone INTEGER PRIMARY KEY, min_ts INTEGER NOT NULL, max_ts INTEGER NOT NULL) STRICT;

  -- Which traces a block may hold; no row for one without any.
  CREATE TABLE zone_traces (zone INTEGER PRIMARY KEY, filter BLOB NOT NULL) STRICT;

  -- Each combination of machine, stream and agent that was ever heard, …
  CREATE TABLE sources (
    id INTEGER PRIMARY KEY,
    machine TEXT NOT NULL,
    stream TEXT NOT NULL,
    agent TEXT NOT NULL,
    UNIQUE (machine, stream, agent)
  ) STRICT;

  -- … and where in each block its records are: offsets of ids, two bytes each, ascending. Source 0 is whoever came when
  -- there were too many.
  CREATE TABLE zone_sources (
    source INTEGER NOT NULL,
    zone INTEGER NOT NULL,
    offsets BLOB NOT NULL,
    PRIMARY KEY (source, zone)
  ) STRICT, WITHOUT ROWID;
`;
