/** The table of a machine's processes, as numbered steps; append only. */
export const processMigrations: readonly string[] = [
  `
  CREATE TABLE processes (
    agent TEXT PRIMARY KEY,
    wanted INTEGER NOT NULL,
    state TEXT NOT NULL,
    since_ms REAL NOT NULL,
    why TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    -- 0 while none runs. A pid is used again; with its start, within one boot, it names one process for ever.
    pid INTEGER NOT NULL,
    start_ticks INTEGER NOT NULL,
    boot_id TEXT NOT NULL,
    started_ms REAL NOT NULL,
    restarts INTEGER NOT NULL,
    crashes INTEGER NOT NULL,
    -- JSON: wall times of the starts that count in its budget.
    starts TEXT NOT NULL,
    last_exit TEXT NOT NULL,
    plan_hash TEXT NOT NULL,
    -- JSON: what it said of itself when it attached.
    attachment TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
];
