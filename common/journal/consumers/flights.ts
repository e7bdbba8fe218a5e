/** Deliveries that are not settled, by their numbers, and so in the order in which they were made. Pure. */
import type { WindowEntry } from './record-window.js';

export class Flights {
  readonly #flying = new Map<number, WindowEntry>();

  get size(): number {
    return this.#flying.size;
  }

  get first(): WindowEntry | undefined {
    return this.#flying.values().next().value;
  }

  get(number: number): WindowEntry | undefined {
    return this.#flying.get(number);
  }

  add(entry: WindowEntry): void {
    this.#flying.set(entry.number, entry);
  }

  delete(entry: WindowEntry): void {
    this.#flying.delete(entry.number);
  }

  /** A list of its own: what is done with one of them may take others out. */
  all(): WindowEntry[] {
    return [...this.#flying.values()];
  }

  of(member: string): WindowEntry[] {
    return this.all().filter((entry) => entry.member === member);
  }

  /** Those that were delivered after it. */
  behind({ number }: WindowEntry): WindowEntry[] {
    return this.all().filter((entry) => entry.number > number);
  }
}
