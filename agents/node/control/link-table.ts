/** Which of the node's connections to main are up, and since when. */
import { systemClock } from '../../../common/core/clock.js';

interface LinkRow {
  readonly up: boolean;
  readonly sinceMs: number;
  readonly detail: string;
}

export class LinkTable {
  readonly #rows = new Map<string, LinkRow>();

  get rows(): Record<string, LinkRow> {
    return Object.fromEntries(this.#rows);
  }

  /** One sentence for each link that is down. */
  get problems(): string[] {
    return [...this.#rows]
      .filter(([, { up }]) => !up)
      .map(([name, { detail }]) => `the ${name} on main (${detail}) is out of reach`);
  }

  note(name: string, up: boolean, detail: string): void {
    this.#rows.set(name, { up, sinceMs: systemClock.wallMs(), detail });
  }
}
