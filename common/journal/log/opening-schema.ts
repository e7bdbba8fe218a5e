/** The table of the openings of the log's file: one step of its migrations. */
export const openingMigration = `
  -- Each opening that gave out ids, and the first of them.
  CREATE TABLE openings (id INTEGER PRIMARY KEY, epoch TEXT NOT NULL UNIQUE, first_id INTEGER NOT NULL) STRICT;
`;
