/**
 * Main of a simulation: the real store of the log, in a process that dies and comes back, with a disk that may be full and may
 * go back to an older state. A request is committed some time after it came, and answered some time after that; a
 * death in between loses what was not committed, and the answer.
 */
import { copyFileSync, rmSync } from 'node:fs';
import type { Moment } from '../../../common/core/clock.js';
import { MeshError, toMeshError } from '../../../common/core/errors.js';
import type { GroupState } from '../../../common/journal/consumers/group-requests.js';
import { LogStore } from '../../../common/journal/log/log-store.js';
import type { LogAppend } from '../../../common/journal/log/log-types.js';
import { chainHash, genesisHash } from '../../../common/journal/record.js';
import { groupOf } from '../../../common/protocol/errors/fingerprint.js';
import type { Random } from '../../support/random.js';
import type { Timeline } from '../timeline.js';
import type { RecordSabotage } from './record-sabotage.js';

export type Answer<T> = { readonly value: T } | { readonly error: MeshError };

export class SimMain {
  isFull = false;
  onDeath: () => void = () => undefined;
  #store: LogStore | undefined;
  #life = 0;
  #goneByMs = 0;

  constructor(
    readonly file: string,
    private readonly timeline: Timeline,
    private readonly random: Random,
    private readonly sabotage: RecordSabotage | undefined,
  ) {
    this.comeBack();
  }

  get isUp(): boolean {
    return this.#store !== undefined;
  }

  comeBack(): void {
    const { store, findings } = LogStore.open({
      file: this.file,
      wallMs: this.wallMs,
      errorStream: 'errors',
      groupOf,
    });
    if (findings.length > 0) throw new Error(`the log of the simulation is damaged: ${findings[0]?.reason}`);
    this.#store = store;
  }

  die(): void {
    this.#store?.close();
    this.#store = undefined;
    this.#life++;
    this.onDeath();
  }

  /** How the consumer groups stand. */
  groups(now: Moment): readonly GroupState[] {
    const [outcome] = this.#store?.runGroup([{ name: 'groupList', args: { now } }]) ?? [];
    return outcome?.ok === true && Array.isArray(outcome.value) ? outcome.value : [];
  }

  /** While it is dead. */
  backUp(): void {
    copyFileSync(this.file, `${this.file}.backup`);
  }

  get wallMs(): number {
    return Math.round(WALL_MS + this.#goneByMs + this.timeline.nowMs);
  }

  /** While it is dead: its disk is what it was at the backup. Somebody did that, and took his time. */
  goBack(): void {
    this.#goneByMs += RESTORE_MS;
    rmSync(this.file);
    copyFileSync(`${this.file}.backup`, this.file);
  }

  /** What came to it is done after a while, and what came of it leaves after another. */
  ask<T>(work: (store: LogStore) => T, answer: (answer: Answer<T>) => void): void {
    const life = this.#life;
    this.#later(life, () => {
      const done = this.#try(work);
      this.#later(life, () => answer(done));
    });
  }

  append(batch: LogAppend, answer: (answer: Answer<{ headSeq: number }>) => void): void {
    const write = (store: LogStore) => {
      if (this.isFull) throw new MeshError('JOURNAL_FAILED', 'the disk is full');
      const taken = this.sabotage === 'a log that compares no hashes' ? believed(store, batch) : batch;
      const [outcome] = store.appendBatches([taken]);
      if (outcome?.ok !== true) throw outcome?.error ?? new Error('there is no outcome');
      return outcome.value;
    };
    if (this.sabotage !== 'a log that answers before it commits') return this.ask(write, answer);
    const life = this.#life;
    this.#later(life, () => answer({ value: { headSeq: batch.entries.at(-1)?.seq ?? 0 } }));
    this.timeline.after(this.random.between(1, 50), () => {
      if (this.#life === life) this.#try(write);
    });
  }

  #try<T>(work: (store: LogStore) => T): Answer<T> {
    try {
      if (this.#store === undefined) throw new MeshError('CLOSED');
      return { value: work(this.#store) };
    } catch (error) {
      return { error: toMeshError(error) };
    }
  }

  #later(life: number, act: () => void): void {
    this.timeline.after(this.random.next() * 2, () => {
      if (this.#life === life && this.isUp) act();
    });
  }
}

/** The batch under hashes that fit whatever is in it. */
function believed(store: LogStore, { journalId, machine, entries }: LogAppend): LogAppend {
  let { headHash: hash, headSeq } = store.hello({ journalId, machine });
  const fresh = entries.filter(({ seq }) => seq > headSeq);
  const chained = fresh.map((entry) => {
    if (entry.kind === 'hole') return entry;
    hash = chainHash(hash ?? genesisHash(journalId), entry.seq, entry);
    headSeq = entry.seq;
    return { ...entry, hash };
  });
  return { journalId, machine, entries: chained };
}

/** What it takes to find a backup and to put it where it belongs. */
const RESTORE_MS = 600_000;
/** What the wall says when the simulation begins. */
export const WALL_MS = 1_700_000_000_000;
