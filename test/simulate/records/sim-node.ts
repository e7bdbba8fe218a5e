/**
 * pc2's node in a simulation: the real store of the journal and the real core of the outbox, in a process that dies and comes
 * back, with a disk that may be full and may go back to an older state. Each of its steps – commit, answer, send, mark – is
 * an event of its own, so that a death falls between any two of them.
 */
import Database from 'better-sqlite3';
import { emptyOutbox, step } from '../../../agents/node/forwarding/outbox.js';
import type { Ask, OutboxEvent, Remote } from '../../../agents/node/forwarding/outbox-ask.js';
import type { Incident } from '../../../agents/node/records/incident.js';
import { backoffMs } from '../../../common/core/backoff.js';
import type { MeshError } from '../../../common/core/errors.js';
import type { ReportBatch } from '../../../common/journal/folds/report-intake.js';
import type { JournalStore } from '../../../common/journal/machine/journal-store.js';
import type { AppendBatch, Appended } from '../../../common/journal/machine/journal-types.js';
import type { Outcome } from '../../../common/journal/sqlite/outcome.js';
import type { Random } from '../../support/random.js';
import type { Timeline } from '../timeline.js';
import type { RecordSabotage } from './record-sabotage.js';
import type { SimLink } from './sim-link.js';
import { type Answer, type SimMain, WALL_MS } from './sim-main.js';
import { SimStore } from './sim-store.js';

export interface SimNodeOptions {
  readonly file: string;
  readonly timeline: Timeline;
  readonly random: Random;
  readonly main: SimMain;
  readonly link: SimLink;
  readonly sabotage: RecordSabotage | undefined;
  /** Acknowledged records that it keeps. */
  readonly kept: number;
  readonly onPruned: () => void;
  /** Records go under another name. */
  readonly onReissue: () => void;
}

const MACHINE = 'pc2';
const RETRY = { firstMs: 50, maxMs: 1_000, factor: 2 };
const REST_MS = 30_000;
const CARE_MS = 300;
const BATCH_MAX = 40;

export class SimNode {
  readonly disk: SimStore;
  #outbox = emptyOutbox;
  #wake: (() => void) | undefined;
  /** Something was appended since the chains were listed. */
  #hasNews = false;
  #telling = false;

  constructor(readonly options: SimNodeOptions) {
    this.disk = new SimStore({ ...options, machine: MACHINE });
    options.link.onBreak = () => {
      if (this.isUp) this.#outbox = step(this.#outbox, { kind: 'cut' }, this.#nowMs).state;
    };
    this.comeBack();
  }

  get isUp(): boolean {
    return this.disk.isUp;
  }

  /** Nothing is left to send or to tell. */
  get isIdle(): boolean {
    return this.isUp && this.disk.store.status().pendingCount === 0 && !this.#telling;
  }

  comeBack(): void {
    this.disk.comeBack();
    this.#outbox = emptyOutbox;
    this.#perform(this.#outbox.asked);
    this.#care();
  }

  die(): void {
    this.disk.die();
    this.#wake = undefined;
    this.#telling = false;
    this.options.link.break();
  }

  append(batch: AppendBatch, answer: (answer: Answer<Appended>) => void): void {
    const write = (store: JournalStore) => this.#stored(store.appendBatches([batch])[0]);
    if (this.options.sabotage !== 'a journal that answers before it commits') return this.disk.op(write, answer);
    // The place is that which it will have, unless somebody is quicker: what matters here is that it is said too soon.
    const life = this.disk.life;
    this.disk.later(() => {
      const { journalId, lastSeq } = this.disk.store.status();
      answer({ value: { journalId, firstSeq: lastSeq + 1, hashes: [], isRepeat: false, missingCount: 0 } });
    });
    this.options.timeline.after(this.options.random.between(1, 50), () => {
      if (this.disk.life === life) this.disk.attempt(write);
    });
  }

  report(batch: ReportBatch, answer: (answer: Answer<unknown>) => void): void {
    this.disk.op((store) => {
      const { outcomes, nextDueMs } = store.report({ batches: [batch], nowMs: this.#nowMs });
      this.#tellAt(nextDueMs);
      return this.#stored(outcomes[0]);
    }, answer);
  }

  #stored<T>(outcome: Outcome<T> | undefined): T {
    if (outcome?.ok !== true) throw outcome?.error ?? new Error('there is no outcome');
    this.#news();
    return outcome.value;
  }

  #news(): void {
    this.#hasNews = true;
    this.#wake?.();
  }

  /** The counts of errors, when they are due. */
  #tellAt(dueMs: number | undefined): void {
    if (dueMs === undefined || this.#telling) return;
    this.#telling = true;
    const life = this.disk.life;
    this.options.timeline.after(Math.max(1, dueMs - this.#nowMs), () => {
      if (this.disk.life !== life) return;
      if (this.options.sabotage === 'a count of errors that begins anew untold') this.#forgetCounts();
      this.disk.op(
        (store) => store.tell({ nowMs: this.#nowMs }),
        (told) => {
          this.#telling = false;
          if ('value' in told) this.#news();
          this.#tellAt('value' in told ? told.value.nextDueMs : this.#nowMs + CARE_MS);
        },
      );
    });
  }

  #forgetCounts(): void {
    const db = new Database(this.options.file);
    db.exec('DELETE FROM folds');
    db.close();
  }

  #care(): void {
    const life = this.disk.life;
    this.options.timeline.after(CARE_MS, () => {
      if (this.disk.life !== life) return;
      this.disk.op(
        (store) => {
          if (this.options.sabotage === 'a journal that prunes before main has it')
            for (const { journalId, headSeq: seq } of store.status().chains) store.acknowledge({ journalId, seq });
          return store.prune({ keep: this.options.kept });
        },
        () => this.options.onPruned(),
      );
      if (!this.isResting) this.#care();
    });
  }

  /** Nothing comes any more. */
  isResting = false;

  #take(event: OutboxEvent): void {
    const { state, ask, tell } = step(this.#outbox, event, this.#nowMs);
    this.#outbox = state;
    for (const incident of tell) this.#tell(incident);
    if (ask !== undefined) this.#perform(ask);
  }

  /** Again and again until it is stored, as the node does it. */
  #tell(incident: Incident): void {
    const life = this.disk.life;
    this.append({ records: [incident.toRecord()] }, (answer) => {
      if ('error' in answer && this.disk.life === life)
        this.options.timeline.after(CARE_MS, () => this.#retell(life, incident));
    });
  }

  #retell(life: number, incident: Incident): void {
    if (this.disk.life === life) this.#tell(incident);
  }

  #perform(ask: Ask): void {
    const { link, main } = this.options;
    const done = (answer: Answer<unknown>) => this.#take('error' in answer ? failed(answer.error) : { kind: 'done' });
    const on =
      <T>(eventOf: (value: T) => OutboxEvent) =>
      (answer: Answer<T>) =>
        this.#take('error' in answer ? failed(answer.error) : eventOf(answer.value));
    const alive =
      <T>(act: (answer: Answer<T>) => void) =>
      (answer: Answer<T>) => {
        if (this.disk.life === life && this.isUp) act(answer);
      };
    const life = this.disk.life;
    switch (ask.kind) {
      case 'list': {
        this.#hasNews = false;
        const isBlind = this.options.sabotage === 'an outbox that does not compare';
        return this.disk.op(
          (store) => store.status().chains,
          on((chains) => ({ kind: 'listed', chains: isBlind ? [] : chains })),
        );
      }
      case 'greet': {
        const { journalId, parentId } = ask.chain;
        return link.request<Remote>(
          (answer) => main.ask((store) => store.hello({ machine: MACHINE, journalId, parentId }), answer),
          alive(on((remote) => ({ kind: 'held', remote }))),
        );
      }
      case 'hash':
        return this.disk.op(
          (store) => store.hashAt({ journalId: ask.chain.journalId, seq: ask.remote.headSeq }),
          on((hash) => ({ kind: 'hashed', hash })),
        );
      case 'acknowledge':
        return this.disk.op((store) => store.acknowledge(ask), done);
      case 'rewind':
        return this.disk.op((store) => store.rewind(ask), done);
      case 'reissue':
        this.options.onReissue();
        return this.disk.op(
          (store) =>
            store.reissue({ ...ask, incident: ask.incident.toRecord(), wallMs: Math.round(WALL_MS + this.#nowMs) }),
          done,
        );
      case 'mark':
        return this.disk.op(
          (store) => store.markLostTail({ journalId: ask.journalId, incident: ask.incident.toRecord() }),
          on((isNews) => ({ kind: 'marked', isNews })),
        );
      case 'read': {
        const bounds = { limit: BATCH_MAX, bytesMax: ask.bytesMax };
        const options = ask.after === undefined ? bounds : { ...bounds, after: ask.after };
        return this.disk.op(
          (store) => store.readUnacked(options),
          on((run) => ({ kind: 'read', run })),
        );
      }
      case 'send': {
        const { journalId, previous, entries } = ask.run;
        const batch = { machine: MACHINE, journalId, previousHash: previous.hash, entries };
        return link.request<{ headSeq: number }>(
          (answer) => main.append(link.carried(batch), answer),
          alive(on(({ headSeq }) => ({ kind: 'accepted', headSeq }))),
        );
      }
      case 'rest':
        return this.#rest(life);
      case 'pause': {
        const ms = backoffMs(RETRY, ask.failures, this.options.random.next());
        return this.options.timeline.after(ms, () => this.disk.life === life && this.#take({ kind: 'woken' }));
      }
    }
  }

  #rest(life: number): void {
    const wake = () => {
      if (this.#wake !== wake || this.disk.life !== life) return;
      this.#wake = undefined;
      this.#take({ kind: 'woken' });
    };
    this.#wake = wake;
    if (this.#hasNews) return wake();
    if (!this.isResting) this.options.timeline.after(REST_MS, wake);
  }

  get #nowMs(): number {
    return this.options.timeline.nowMs;
  }
}

const failed = (error: MeshError): OutboxEvent => ({ kind: 'failed', error });
