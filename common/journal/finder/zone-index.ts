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

interface ZoneRow {
  readonly id: number;
  readonly ts: number;
  readonly machine: string;
  readonly stream: string;
  readonly agent: string;
  readonly trace: string;
}

export class ZoneIndex {
  readonly #bounds;
  readonly #rows;
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
    this.#rows = db.prepare<[number, number], ZoneRow>(
      `SELECT r.id, r.ts, j.machine, r.stream, r.agent, r.trace FROM records r CROSS JOIN journals j ON j.id = r.journal
       WHERE r.id BETWEEN ? AND ?`,
    );
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
    const known = db.prepare<[], Pick<ZoneRow, 'id' | 'machine' | 'stream' | 'agent'>>('SELECT * FROM sources');
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
    let [minTs, maxTs] = [Number.POSITIVE_INFINITY, 0];
    const traces = new TraceFilter();
    const places = new Map<string, { readonly row: ZoneRow; readonly offsets: number[] }>();
    for (const row of this.#rows.iterate(firstIdOf(zone), firstIdOf(zone + 1) - 1)) {
      minTs = Math.min(minTs, row.ts);
      maxTs = Math.max(maxTs, row.ts);
      traces.add(row.trace);
      const key = keyOf(row);
      const offset = row.id - firstIdOf(zone);
      const place = places.get(key);
      if (place === undefined) places.set(key, { row, offsets: [offset] });
      else place.offsets.push(offset);
    }
    this.#putZone.run(zone, minTs, maxTs);
    if (!traces.isEmpty) this.#putTraces.run(zone, traces.bytes);
    const others: number[] = [];
    for (const [key, { row, offsets }] of places) {
      const source = this.#sourceOf(key, row);
      if (source === OTHER_SOURCE) others.push(...offsets);
      else this.#putPlaces.run(source, zone, offsetBytes(offsets));
    }
    if (others.length > 0) this.#putPlaces.run(OTHER_SOURCE, zone, offsetBytes(others.sort((a, b) => a - b)));
  }

  #sourceOf(key: string, { machine, stream, agent }: ZoneRow): number {
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
const keyOf = ({ machine, stream, agent }: Pick<ZoneRow, 'machine' | 'stream' | 'agent'>): string =>
  `${machine}\n${stream}\n${agent}`;

const offsetBytes = (offsets: readonly number[]): Uint8Array => {
  const bytes = Buffer.allocUnsafe(2 * offsets.length);
  for (const [at, offset] of offsets.entries()) bytes.writeUInt16LE(offset, 2 * at);
  return bytes;
};

export const idsIn = (zone: number, offsets: Uint8Array): number[] => {
  const bytes = Buffer.from(offsets.buffer, offsets.byteOffset, offsets.byteLength);
  return Array.from({ length: bytes.length / 2 }, (_, at) => firstIdOf(zone) + bytes.readUInt16LE(2 * at));
};
