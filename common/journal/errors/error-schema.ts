/** What the log keeps of a group beside its counts: how it stands and who decided that, its releases, sources and traces. */
export const errorStandingMigration = `
  -- Times are main's. muted_until_*: whichever comes first ends the mute. trace_count is exact while traces_exact is 1.
  ALTER TABLE error_groups ADD COLUMN first_id INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE error_groups ADD COLUMN status_ms INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE error_groups ADD COLUMN status_by TEXT NOT NULL DEFAULT '';
  ALTER TABLE error_groups ADD COLUMN status_why TEXT NOT NULL DEFAULT '';
  ALTER TABLE error_groups ADD COLUMN muted_until_ms INTEGER;
  ALTER TABLE error_groups ADD COLUMN muted_until_count INTEGER;
  ALTER TABLE error_groups ADD COLUMN first_release TEXT NOT NULL DEFAULT '';
  ALTER TABLE error_groups ADD COLUMN last_release TEXT NOT NULL DEFAULT '';
  ALTER TABLE error_groups ADD COLUMN trace_count INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE error_groups ADD COLUMN traces_exact INTEGER NOT NULL DEFAULT 1;

  -- Where the errors of a group came from. The row without names is all that came from further ones.
  CREATE TABLE error_sources (
    fingerprint TEXT NOT NULL,
    machine TEXT NOT NULL,
    agent TEXT NOT NULL,
    count INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    PRIMARY KEY (fingerprint, machine, agent)
  ) STRICT, WITHOUT ROWID;

  -- The calls that failed with it.
  CREATE TABLE error_traces (
    fingerprint TEXT NOT NULL,
    trace BLOB NOT NULL,
    PRIMARY KEY (fingerprint, trace)
  ) STRICT, WITHOUT ROWID;
`;

/** Which group goes first when there is no room left is found without reading the table. */
export const errorRoomMigration = `
  CREATE INDEX error_groups_by_standing ON error_groups (status, last_id, last_seen);
`;
