/**
 * Requests that wait for their answers, each under a number of its own. Pure; numbers count up and are never used twice.
 *
 * A ring of slots and not a Map on purpose. A Map that is filled and emptied all the time is copied into a new table
 * again and again, and each old table points at the next: once a garbage collection has moved one of them to the old
 * generation, all later ones, and every request that stood in them, outlive it too until the next full collection.
 * That cost more than all the rest of a call.
 */
export class PendingTable<T extends { readonly id: number }> {
  /** The slot of a number is its remainder: a power of two, so that a mask finds it. */
  #slots: (T | undefined)[] = emptySlots(SLOTS_MIN);
  #size = 0;
  #lastId = 0;

  get size(): number {
    return this.#size;
  }

  /** The number of the next entry: the next one whose slot is free. The caller adds it at once, or not at all. */
  nextId(): number {
    if (this.#size * 2 >= this.#slots.length) this.#resize(this.#slots.length * 2);
    do this.#lastId++;
    while (this.#slots[this.#slotOf(this.#lastId)] !== undefined);
    return this.#lastId;
  }

  add(entry: T): void {
    this.#slots[this.#slotOf(entry.id)] = entry;
    this.#size++;
  }

  /** The entry, which stays; undefined when there is none of that number. */
  find(id: number): T | undefined {
    const entry = this.#slots[this.#slotOf(id)];
    return entry?.id === id ? entry : undefined;
  }

  /** The entry, which is no longer in the table; undefined when there is none of that number. */
  take(id: number): T | undefined {
    const slot = this.#slotOf(id);
    const entry = this.#slots[slot];
    if (entry?.id !== id) return undefined;
    this.#slots[slot] = undefined;
    this.#size--;
    if (this.#size === 0 && this.#slots.length > SLOTS_KEPT) this.#resize(SLOTS_MIN);
    return entry;
  }

  /** All entries at this moment; they may be taken meanwhile. */
  entries(): T[] {
    return this.#slots.filter((entry) => entry !== undefined);
  }

  #slotOf(id: number): number {
    return id & (this.#slots.length - 1);
  }

  /** Numbers that differ in the remainder of the smaller ring differ in that of the larger one. */
  #resize(slotCount: number): void {
    const entries = this.entries();
    this.#slots = emptySlots(slotCount);
    for (const entry of entries) this.#slots[this.#slotOf(entry.id)] = entry;
  }
}

const SLOTS_MIN = 64;
/** A burst's larger ring is given back once it is empty. */
const SLOTS_KEPT = 4_096;

const emptySlots = <T>(count: number): (T | undefined)[] => new Array<T | undefined>(count).fill(undefined);
