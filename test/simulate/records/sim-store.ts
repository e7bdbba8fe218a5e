/**
 * The journal of a process that dies and comes back, with a disk that may be full and may go back to an older state. What is
 * done to it commits after a while and is known after another, each an event of its own; a death takes what is not known.
 */
import { copyFileSync, rmSync } from 'node:fs';
import { MeshError, toMeshError } from '../../../common/core/errors.js';
import { JournalStore } from '../../../common/journal/machine/journal-store.js';
import type { Random } from '../../support/random.js';
import type { Timeline } from '../timeline.js';
import { type Answer, WALL_MS } from './sim-main.js';

export interface SimStoreOptions {
  readonly file: string;
  readonly machine: string;
  readonly timeline: Timeline;
  readonly random: Random;
}

export class SimStore {
  isFull = false;
  /** Counts the deaths: what belongs to an earlier life is not heeded. */
  life = 0;
  #store: JournalStore | undefined;

  constructor(private readonly options: SimStoreOptions) {}

  /** Of the process that lives. @throws CLOSED while it is dead */
  get store(): JournalStore {
    if (this.#store === undefined) throw new MeshError('CLOSED');
    return this.#store;
  }

  get isUp(): boolean {
    return this.#store !== undefined;
  }

  comeBack(): void {
    const { file, machine, timeline } = this.options;
    const { store, findings } = JournalStore.open({ file, machine, wallMs: Math.round(WALL_MS + timeline.nowMs) });
    if (findings.length > 0) throw new Error(`the journal of the simulation is damaged: ${findings[0]?.reason}`);
    this.#store = store;
  }

  die(): void {
    this.#store?.close();
    this.#store = undefined;
    this.life++;
  }

  /** While it is dead. */
  backUp(): void {
    copyFileSync(this.options.file, `${this.options.file}.backup`);
  }

  /** While it is dead: its disk is what it was at the backup. */
  goBack(): void {
    rmSync(this.options.file);
    copyFileSync(`${this.options.file}.backup`, this.options.file);
  }

  /** Committed after a while, known after another. */
  op<T>(work: (store: JournalStore) => T, answer: (answer: Answer<T>) => void): void {
    this.later(() => {
      const done = this.attempt(work);
      this.later(() => answer(done));
    });
  }

  /** At once. */
  attempt<T>(work: (store: JournalStore) => T): Answer<T> {
    try {
      if (this.isFull) throw new MeshError('JOURNAL_FAILED', 'the disk is full');
      return { value: work(this.store) };
    } catch (error) {
      return { error: toMeshError(error) };
    }
  }

  /** In a moment, if it still lives. */
  later(act: () => void): void {
    const { life } = this;
    this.options.timeline.after(this.options.random.next(), () => {
      if (this.life === life && this.isUp) act();
    });
  }
}
