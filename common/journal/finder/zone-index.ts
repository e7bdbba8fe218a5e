/**
 * The index by which records of main's log are found: ids in blocks of `ZONE_IDS`, and of each block when its records were
 * made, whose they are and which traces it may hold. A block is indexed once, when it is complete, from its rows: so an
 * append writes nothing for it. What is not indexed yet is at the end of the log, and is looked at row by row. The index
 * can be made again from the rows at any time, so its commits need not outlive a power cut by themselves.
 *
 * Measured against indices of the table (machine with stream and agent, time, trace): those make an append two and a half
 * times as expensive, above all the one over traces, which touches another page for each record.
 */
import Database from 'better-sqlite3';
import { limits } from '../../core/limits.js';
import type { Connection } from '../sqlite/database.js';
import { TraceFilter } from './trace-filter.js';

export const ZONE_IDS = 4_096;
/** Forgetting looks at every source: not for each block that is pruned. */
const FORGOTTEN_AT_ONCE = 16;
export const zoneOf = (id: number): number => Math.floor(id / ZONE_IDS);
export const firstIdOf = (zone: number): number => zone * ZONE_IDS;
/** Whoever came when there were too many sources. */
export const OTHER_SOURCE = 0;

/** A block in one row: texts that come out of SQLite one by one would cost ten times as much. */
interface ZoneRow {
  readonly minTs: number | null;
  readonly maxTs: number | null;
  readonly offsets: string | null;
  /** `journal \n stream \n agent` of each record, with tabs between them: neither can be in a name. */
  readonly sources: string | null;
  readonly traces: string | null;
}

interface SourceRow {
  readonly id: number;
  readonly machine: string;
  readonly stream: string;
  readonly agent: string;
}

const ZONE_ROW = `SELECT min(ts) AS minTs, max(ts) AS maxTs, group_concat(id - @firstId) AS offsets,
  group_concat(journal || char(10) || stream || char(10) || agent, char(9)) AS sources,
  group_concat(CASE length(trace) WHEN 32 THEN trace ELSE '' END, '') AS traces
  FROM records WHERE id BETWEEN @firstId AND @lastId`;

export class ZoneIndex {
  readonly #bounds;
  readonly #row;
  readonly #machines;
  readonly #firstZone;
  readonly #lastZone;
  readonly #firstIdFrom;
  readonly #putZone;
  readonly #putTraces;
  readonly #putPlaces;
  readonly #putSource;
  readonly #dropZones;
  #sources = new Map<string, number>();

  /** A connection of its own, in the thread of the log's writer, whose file is open and has its tables. */
  static open(file: string): ZoneIndex {
    const db = new Database(file, { timeout: limits.journalBusyMs, fileMustExist: true });
    db.pragma('synchronous = NORMAL');
    return new ZoneIndex(db);
  }

  private constructor(private readonly db: Connection) {
    this.#bounds = db.prepare<[], { headId: number | null; oldestId: number | null }>(
      'SELECT (SELECT max(id) FROM records) AS headId, (SELECT min(id) FROM records) AS oldestId',
    );
    this.#row = db.prepare<[{ firstId: number; lastId: number }], ZoneRow>(ZONE_ROW);
    this.#machines = db.prepare<[], { id: number; machine: string }>('SELECT id, machine FROM journals');
    this.#firstZone = db.prepare<[], number | null>('SELECT min(zone) FROM zones').pluck();
    this.#lastZone = db.prepare<[], number | null>('SELECT max(zone) FROM zones').pluck();
    this.#firstIdFrom = db.prepare<[number], number | null>('SELECT min(id) FROM records WHERE id >= ?').pluck();
    this.#putZone = db.prepare('REPLACE INTO zones (zone, min_ts, max_ts) VALUES (?, ?, ?)');
    this.#putTraces = db.prepare('REPLACE INTO zone_traces (zone, filter) VALUES (?, ?)');
    this.#putPlaces = db.prepare('REPLACE INTO zone_sources (source, zone, offsets) VALUES (?, ?, ?)');
    this.#putSource = db.prepare('INSERT INTO sources (id, machine, stream, agent) VALUES (?, ?, ?, ?)');
    this.#dropZones = ['zones', 'zone_traces'].map((table) =>
      db.prepare<[number]>(`DELETE FROM ${table} WHERE zone < ?`),
    );
    const known = db.prepare<[], SourceRow>('SELECT * FROM sources');
    for (const source of known.iterate()) this.#sources.set(keyOf(source), source.id);
  }

  /** Indexes the next block that is complete, or forgets blocks that are pruned. False when there was neither. */
  advance(): boolean {
    const { headId, oldestId } = this.#bounds.get() ?? { headId: null, oldestId: null };
    if (headId === null || oldestId === null) return false;
    const zone = this.#nextZone(headId);
    const isForgetful = (this.#firstZone.get() ?? zoneOf(oldestId)) + FORGOTTEN_AT_ONCE < zoneOf(oldestId);
    if (zone === undefined && !isForgetful) return false;
    const known = new Map(this.#sources);
    const work = this.db.transaction(() =>
      zone === undefined ? this.#forgetBefore(zoneOf(oldestId)) : this.#index(zone),
    );
    try {
      work.immediate();
    } catch (thrown) {
      this.#sources = known;
      throw thrown;
    }
    return true;
  }

  close(): void {
    this.db.close();
  }

  #nextZone(headId: number): number | undefined {
    const next = (this.#lastZone.get() ?? -1) + 1;
    const firstId = this.#firstIdFrom.get(firstIdOf(next));
    if (typeof firstId !== 'number') return undefined;
    const zone = zoneOf(firstId); // blocks without records are passed over
    return headId < firstIdOf(zone + 1) - 1 ? undefined : zone;
  }

  #forgetBefore(zone: number): void {
    for (const drop of this.#dropZones) drop.run(zone);
    const drop = this.db.prepare<[number, number]>('DELETE FROM zone_sources WHERE source = ? AND zone < ?');
    for (const source of [OTHER_SOURCE, ...this.#sources.values()]) drop.run(source, zone);
  }

  #index(zone: number): void {
    const firstId = firstIdOf(zone);
    const row = this.#row.get({ firstId, lastId: firstId + ZONE_IDS - 1 });
    if (!row?.offsets || !row.sources) return;
    this.#putZone.run(zone, row.minTs, row.maxTs);
    if (row.traces) this.#putTraces.run(zone, new TraceFilter(row.traces).bytes);
    const places = new Map<number, number[]>();
    for (const [source, offsets] of this.#placesOf(row.sources, row.offsets)) {
      places.set(source, [...(places.get(source) ?? []), ...offsets]);
    }
    for (const [source, offsets] of places)
      this.#putPlaces.run(source, zone, offsetBytes(offsets.sort((a, b) => a - b)));
  }

  /** Two journals of one machine, and all for whom there was no room, come under one source. */
  #placesOf(sources: string, offsets: string): [source: number, offsets: number[]][] {
    const machines = new Map(this.#machines.all().map(({ id, machine }) => [String(id), machine]));
    const byText = new Map<string, number[]>();
    const numbers = offsets.split(',');
    for (const [at, text] of sources.split('\t').entries()) {
      const known = byText.get(text);
      if (known === undefined) byText.set(text, [Number(numbers[at])]);
      else known.push(Number(numbers[at]));
    }
    return [...byText].map(([text, places]) => {
      const [journal = '', stream = '', agent = ''] = text.split('\n');
      return [this.#sourceOf({ machine: machines.get(journal) ?? '', stream, agent }), places];
    });
  }

  #sourceOf({ machine, stream, agent }: Omit<SourceRow, 'id'>): number {
    const key = keyOf({ machine, stream, agent });
    const known = this.#sources.get(key);
    if (known !== undefined) return known;
    if (this.#sources.size >= limits.logSourcesMax) return OTHER_SOURCE;
    const id = this.#sources.size + 1;
    this.#putSource.run(id, machine, stream, agent);
    this.#sources.set(key, id);
    return id;
  }
}

/** None of the three can hold that character. */
const keyOf = ({ machine, stream, agent }: Omit<SourceRow, 'id'>): string => `${machine}\n${stream}\n${agent}`;

const offsetBytes = (offsets: readonly number[]): Uint8Array => {
  const bytes = Buffer.allocUnsafe(2 * offsets.length);
  for (const [at, offset] of offsets.entries()) bytes.writeUInt16LE(offset, 2 * at);
  return bytes;
};

export const idsIn = (zone: number, offsets: Uint8Array): number[] => {
  const bytes = Buffer.from(offsets.buffer, offsets.byteOffset, offsets.byteLength);
  return Array.from({ length: bytes.length / 2 }, (_, at) => firstIdOf(zone) + bytes.readUInt16LE(2 * at));
};
