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

  /** The delivery of that number, if it was made to that member. */
  get(member: string, number: number): WindowEntry | undefined {
    const entry = this.#flying.get(number);
    return entry?.member === member ? entry : undefined;
  }

  /** Its next delivery. */
  begin(entry: WindowEntry, made: Pick<WindowEntry, 'member' | 'number' | 'deadlineMs'>): void {
    entry.state = 'flying';
    entry.member = made.member;
    entry.number = made.number;
    entry.deadlineMs = made.deadlineMs;
    entry.deliveries += 1;
    this.#flying.set(entry.number, entry);
  }

  delete(entry: WindowEntry): void {
    this.#flying.delete(entry.number);
  }

  /** Nobody has longer than that; whoever had less keeps it. */
  shorten(deadlineMs: number): void {
    for (const entry of this.#flying.values()) entry.deadlineMs = Math.min(entry.deadlineMs, deadlineMs);
  }

  /** Everybody has until then. */
  renew(deadlineMs: number): void {
    for (const entry of this.#flying.values()) entry.deadlineMs = deadlineMs;
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
