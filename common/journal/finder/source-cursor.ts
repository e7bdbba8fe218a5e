/** The blocks of one source, in one direction: where the next one at or behind a block is, and the ids of the source in it. */
import type { Connection } from '../sqlite/database.js';
import { idsIn } from './zone-index.js';

interface PlaceRow {
  readonly zone: number;
  readonly offsets: Uint8Array;
}

/** The first block of a source at or behind another one. */
export type Seek = (source: number, zone: number) => PlaceRow | undefined;

export function prepareSeek(db: Connection, isNewestFirst: boolean): Seek {
  const statement = db.prepare<[number, number], PlaceRow>(
    isNewestFirst
      ? 'SELECT zone, offsets FROM zone_sources WHERE source = ? AND zone <= ? ORDER BY zone DESC LIMIT 1'
      : 'SELECT zone, offsets FROM zone_sources WHERE source = ? AND zone >= ? ORDER BY zone LIMIT 1',
  );
  return (source, zone) => statement.get(source, zone);
}

export class SourceCursor {
  #place: PlaceRow | undefined;
  #soughtFrom: number | undefined;

  constructor(
    private readonly source: number,
    private readonly isNewestFirst: boolean,
    private readonly seek: Seek,
  ) {}

  /** The next block of this source from `zone` on; undefined when there is none. Asked with blocks in its direction. */
  from(zone: number): number | undefined {
    const isBehind = (place: number): boolean => (this.isNewestFirst ? place > zone : place < zone);
    if (this.#soughtFrom === undefined || (this.#place !== undefined && isBehind(this.#place.zone))) {
      this.#place = this.seek(this.source, zone);
      this.#soughtFrom = zone;
    }
    return this.#place?.zone;
  }

  /** Its ids in the block that `from` named. */
  idsIn(zone: number): number[] {
    return this.#place?.zone === zone ? idsIn(zone, this.#place.offsets) : [];
  }
}
