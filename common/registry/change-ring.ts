/**
 * The last changes of a registry, numbered from 1 without a gap. Bounded: the oldest is forgotten when the ring is full,
 * and whoever is further behind than that learns so (`undefined`) and takes a snapshot instead. Pure.
 */
import { limits } from '../core/limits.js';
import type { AgentEntry, MachineEntry } from '../protocol/registry-entry.js';

/** A machine's row without the age of its last word, which changes all the time and is no change. */
export type MachineRow = Omit<MachineEntry, 'ageMs'>;

/** What is new, as a value that nobody changes any more. */
export type Change =
  | { readonly kind: 'machine'; readonly row: MachineRow }
  | { readonly kind: 'agent'; readonly entry: AgentEntry; readonly reachable: boolean }
  | { readonly kind: 'gone'; readonly name: string };

export type NumberedChange = Change & { readonly revision: number };

export interface ChangePage {
  readonly changes: readonly NumberedChange[];
  /** Number of the last one in `changes`: continue after it. */
  readonly revision: number;
}

interface Kept {
  readonly change: Change;
  readonly sizeBytes: number;
}

export class ChangeRing {
  readonly #slots: Kept[] = [];
  #revision = 0;

  constructor(private readonly keptMax: number = limits.registryChangesKept) {}

  /** Number of the newest change; 0 before the first. */
  get revision(): number {
    return this.#revision;
  }

  push(change: Change): void {
    // JSON is never shorter than MessagePack for such rows: an upper bound, taken once per change and not per watcher.
    const sizeBytes = Buffer.byteLength(JSON.stringify(change)) + ENVELOPE_BYTES;
    this.#slots[this.#revision % this.keptMax] = { change, sizeBytes };
    this.#revision++;
  }

  /** Changes after `revision`, oldest first, up to `bytesMax` but at least one; undefined when some are forgotten. */
  after(revision: number, bytesMax: number): ChangePage | undefined {
    if (revision > this.#revision || revision < this.#revision - this.keptMax) return undefined;
    const changes: NumberedChange[] = [];
    let sizeBytes = 0;
    for (let next = revision + 1; next <= this.#revision; next++) {
      const kept = this.#slots[(next - 1) % this.keptMax];
      if (kept === undefined) break;
      sizeBytes += kept.sizeBytes;
      if (changes.length > 0 && sizeBytes > bytesMax) break;
      changes.push({ ...kept.change, revision: next });
    }
    return { changes, revision: revision + changes.length };
  }
}

/** The keys and numbers that an answer adds to a row: revision, instance, reachable, ageMs. */
const ENVELOPE_BYTES = 256;
