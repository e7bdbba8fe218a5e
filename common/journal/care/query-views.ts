/**
 * What a query over a store sees: a few views with plain names, the same for a journal and for the log where both have a
 * thing. Bodies are JSON texts, times are ISO texts beside their milliseconds. The tables themselves can be had as
 * `main.records` and so on; their columns may change with a release, those of the views are only added to.
 */
import { decode } from '../../protocol/frames/codec.js';
import type { Connection } from '../sqlite/database.js';
import type { StoreKind } from './store-file.js';

const at = (column: string): string => `strftime('%Y-%m-%dT%H:%M:%fZ', ${column} / 1000.0, 'unixepoch')`;

const errorColumns = `b ->> '$.code' AS code, b ->> '$.message' AS message, b ->> '$.severity' AS severity,
  b ->> '$.component' AS component, coalesce(b ->> '$.count', 1) AS count`;

const journalViews = `
  CREATE TEMP VIEW journals AS SELECT journal_id AS journal, parent_id AS parent, status, base_seq AS base, acked_seq AS acked,
    head_seq AS head, head_seq - acked_seq AS pending, ${at('opened_ms')} AS opened FROM main.chains;
  CREATE TEMP VIEW records AS SELECT r.position, c.journal_id AS journal, r.position - c.first_position + 1 AS seq,
    ${at('r.ts')} AS at, r.ts AS ts_ms, r.stream, r.agent, r.epoch, r.trace, r.ref, r.key, length(r.body) AS size,
    body_json(r.body) AS body, r.position - c.first_position + 1 > c.acked_seq AS pending
    FROM main.records r JOIN main.chains c
    ON r.position >= c.first_position AND r.position < c.first_position + c.head_seq;
  CREATE TEMP VIEW errors AS SELECT journal, seq, at, ts_ms, agent, trace, ${errorColumns}, b AS body, pending
    FROM (SELECT *, body AS b FROM temp.records WHERE stream = 'errors');
  CREATE TEMP VIEW checkpoints AS SELECT agent, name, length(bytes) AS size, body_json(bytes) AS value FROM main.checkpoints;
`;

const logViews = `
  CREATE TEMP VIEW journals AS SELECT journal_id AS journal, machine, parent_id AS parent, base_seq AS base, head_seq AS head
    FROM main.journals;
  CREATE TEMP VIEW records AS SELECT r.id, j.machine, j.journal_id AS journal, r.seq, ${at('r.ts')} AS at, r.ts AS ts_ms,
    r.stream, r.agent, r.epoch, r.trace, r.ref, r.key, length(r.body) AS size, body_json(r.body) AS body
    FROM main.records r CROSS JOIN main.journals j ON j.id = r.journal;
  CREATE TEMP VIEW holes AS SELECT j.machine, j.journal_id AS journal, h.seq, h.reason
    FROM main.holes h JOIN main.journals j ON j.id = h.journal;
  CREATE TEMP VIEW errors AS SELECT id, machine, journal, seq, at, ts_ms, agent, trace, ${errorColumns}, b AS body
    FROM (SELECT *, body AS b FROM temp.records WHERE stream = 'errors');
  CREATE TEMP VIEW groups AS SELECT * FROM main.error_groups;
`;

/** Makes the views on a connection; they are gone with it. */
export function makeViews(db: Connection, kind: StoreKind): void {
  db.function('body_json', { deterministic: true }, jsonOf);
  db.exec(kind === 'journal' ? journalViews : logViews);
}

/** Null for what is no MessagePack: an agent may have sealed anything. */
function jsonOf(body: unknown): string | null {
  if (!(body instanceof Uint8Array)) return null;
  try {
    return JSON.stringify(decode(body), replacer) ?? null;
  } catch {
    return null;
  }
}

function replacer(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  return value;
}
