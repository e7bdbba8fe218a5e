/** Virtual time: what is to happen happens in the order of its moment, and between two moments no time passes. */
interface Entry {
  readonly atMs: number;
  /** Of two at the same moment the one that was planned first comes first. */
  readonly order: number;
  readonly happen: () => void;
}

export class Timeline {
  /** A binary heap: the next one is first. */
  readonly #heap: Entry[] = [];
  #nowMs = 0;
  #planned = 0;
  #happened = 0;

  /** So much has happened. */
  get happened(): number {
    return this.#happened;
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  after(ms: number, happen: () => void): void {
    const entry = { atMs: this.#nowMs + ms, order: this.#planned++, happen };
    const heap = this.#heap;
    let place = heap.push(entry) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (isBefore(heap[parent] as Entry, entry)) break;
      heap[place] = heap[parent] as Entry;
      place = parent;
    }
    heap[place] = entry;
  }

  /** Until nothing is planned any more. */
  run(): void {
    for (let entry = this.#take(); entry !== undefined; entry = this.#take()) {
      this.#nowMs = entry.atMs;
      this.#happened++;
      entry.happen();
    }
  }

  #take(): Entry | undefined {
    const heap = this.#heap;
    const [first] = heap;
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Entry, heap[child] as Entry)) child++;
      if (isBefore(last, heap[child] as Entry)) break;
      heap[place] = heap[child] as Entry;
      place = child;
    }
    heap[place] = last;
    return first;
  }
}

const isBefore = (a: Entry, b: Entry): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
