/**
 * The records of a group between its floor and its cursor, in their order. Pure.
 *
 * Up to the floor everything is settled; behind the cursor nothing was looked at. In between stands every record with what
 * becomes of it, the settled ones too until the floor passes them: so what is kept is bounded by the window, however long
 * one record keeps the floor from moving.
 */
import { limits } from '../../core/limits.js';
import type { StoredGroup } from './group-types.js';

/** A record that is waiting to be delivered, flying, or settled. */
export interface WindowEntry {
  readonly id: number;
  state: 'waiting' | 'flying' | 'settled';
  /** How often it was delivered. */
  deliveries: number;
  /** While it waits: not before then. */
  dueMs: number;
  /** While it flies: under which number, to whom, and until when. */
  number: number;
  member: string;
  deadlineMs: number;
}

export const waitingEntry = (id: number, deliveries = 0, dueMs = 0): WindowEntry => ({
  id,
  state: 'waiting',
  deliveries,
  dueMs,
  number: 0,
  member: '',
  deadlineMs: 0,
});

export class RecordWindow {
  readonly #entries = new Map<number, WindowEntry>();
  /** Of before the store was opened, until they are offered again. */
  readonly #storedSettled: Set<number>;
  readonly #storedDeliveries: Map<number, number>;
  #floorId: number;
  #cursorId: number;

  constructor({ floorId, settledIds, deliveries }: Pick<StoredGroup, 'floorId' | 'settledIds' | 'deliveries'>) {
    this.#floorId = floorId;
    this.#cursorId = floorId;
    this.#storedSettled = new Set(settledIds);
    this.#storedDeliveries = new Map(deliveries);
  }

  get floorId(): number {
    return this.#floorId;
  }

  get cursorId(): number {
    return this.#cursorId;
  }

  /** How many more records it may look at. */
  get room(): number {
    return Math.max(0, limits.groupWindowMax - this.#entries.size);
  }

  /** Takes the records behind the cursor, in order; everything up to `upToId` was looked at. Answers what is to be delivered. */
  offer(ids: readonly number[], upToId: number): WindowEntry[] {
    const fresh: WindowEntry[] = [];
    for (const id of ids) {
      if (id <= this.#cursorId) continue;
      const entry = waitingEntry(id, this.#storedDeliveries.get(id));
      this.#storedDeliveries.delete(id);
      if (this.#storedSettled.delete(id)) entry.state = 'settled';
      else fresh.push(entry);
      this.#entries.set(id, entry);
      this.#cursorId = id;
    }
    this.#cursorId = Math.max(this.#cursorId, upToId);
    this.#advance();
    return fresh;
  }

  /** What was stored of records up to there that will not be offered any more. @returns how many of these were settled */
  forgetStored(upToId: number): number {
    let settledCount = 0;
    for (const id of this.#storedSettled) if (id <= upToId && this.#storedSettled.delete(id)) settledCount++;
    for (const id of this.#storedDeliveries.keys()) if (id <= upToId) this.#storedDeliveries.delete(id);
    return settledCount;
  }

  settle(entry: WindowEntry): void {
    entry.state = 'settled';
    this.#advance();
  }

  /** What is not settled, in order. */
  *unsettled(): Generator<WindowEntry> {
    for (const entry of this.#entries.values()) if (entry.state !== 'settled') yield entry;
  }

  #advance(): void {
    for (const [id, { state }] of this.#entries) {
      if (state !== 'settled') {
        this.#floorId = id - 1;
        return;
      }
      this.#entries.delete(id);
    }
    this.#floorId = this.#cursorId;
  }
}
