/**
 * An instance of the simulated service: the real queue and the real window of results, and around them a process that is
 * quick or slow, stands still, dies and comes back as another incarnation.
 */
import type { ActionQueue, Ticket, Turn } from '../../agents/sdk/actions/action-queue.js';
import type { ResultWindow } from '../../agents/sdk/actions/result-window.js';
import { MeshError } from '../../common/core/errors.js';
import type { Random } from '../support/random.js';
import type { SimRequest } from './call.js';
import type { Ledger } from './ledger.js';
import type { Parts } from './sabotage.js';
import type { Timeline } from './timeline.js';

/** Work that was taken on; with a key, all who wait for it. */
export interface SimRun {
  readonly requests: SimRequest[];
  readonly window: string | undefined;
  ticket: Ticket<SimRun> | undefined;
  startedMs: number;
  isGivenUp: boolean;
}

export type CalleeParts = Parts<SimRun, SimRun, 'done'>;

/** The id of the call that is in the queue for this run. */
const idOf = ({ requests }: SimRun): number => requests[0]?.call.id ?? -1;

const CONCURRENCY = 2;
const LENGTH_MAX = 64;
const AGE_MS_MAX = 1_000;
const SWEEP_MS = 50;
const WINDOW = { windowMs: 60_000, keysMax: 10_000, bytesMax: 1_000_000 };
const RUN_MS_MEAN = 5;
const ANSWER_BYTES = 10;

export class Callee {
  /** Times as slow as usual. */
  slowness = 1;
  /** Nothing happens in it until then. */
  stillUntilMs = 0;
  #generation = 1;
  #isAlive = true;
  #isResting = false;
  /** What can be given up. */
  readonly #runs = new Map<SimRequest, SimRun>();
  #queue: ActionQueue<SimRun>;
  #window: ResultWindow<SimRun, 'done'>;

  constructor(
    readonly instance: string,
    private readonly timeline: Timeline,
    private readonly random: Random,
    private readonly ledger: Ledger,
    private readonly parts: CalleeParts,
  ) {
    this.#queue = this.#newQueue();
    this.#window = parts.window(WINDOW);
    this.#sweepAgain(this.#generation);
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  get incarnation(): string {
    return `${this.instance}#${this.#generation}`;
  }

  die(): void {
    this.#isAlive = false;
    this.#runs.clear();
    this.ledger.onDeath(this.instance, this.incarnation);
  }

  comeBack(): void {
    this.#generation++;
    this.#isAlive = true;
    this.slowness = 1;
    this.stillUntilMs = 0;
    this.#queue = this.#newQueue();
    this.#window = this.parts.window(WINDOW);
    this.#sweepAgain(this.#generation);
  }

  /** No call comes any more: it looks through its queue only as long as somebody waits. */
  rest(): void {
    this.#isResting = true;
  }

  receive(request: SimRequest): void {
    this.#whenAwake(() => this.#onRequest(request));
  }

  /** Nobody waits for this attempt any more. */
  cancel(request: SimRequest): void {
    this.#whenAwake(() => this.#onCancel(request));
  }

  #newQueue(): ActionQueue<SimRun> {
    return this.parts.queue({ concurrency: CONCURRENCY, lengthMax: LENGTH_MAX, ageMsMax: AGE_MS_MAX });
  }

  /** What reaches it while it stands still is read afterwards, and never when it died meanwhile. */
  #whenAwake(act: () => void): void {
    const generation = this.#generation;
    const { nowMs } = this.timeline;
    const isOver = () => !this.#isAlive || this.#generation !== generation;
    if (isOver()) return;
    if (nowMs >= this.stillUntilMs) return act();
    this.timeline.after(this.stillUntilMs - nowMs, () => {
      if (!isOver()) this.#whenAwake(act);
    });
  }

  #onRequest(request: SimRequest): void {
    const { key, deadlineMs } = request.call;
    const { nowMs } = this.timeline;
    if (nowMs >= deadlineMs) return request.answer(new MeshError('EXPIRED'));
    const run: SimRun = { requests: [request], window: key, ticket: undefined, startedMs: 0, isGivenUp: false };
    if (key !== undefined) {
      // Others may come to wait for the same key: what was begun for it is brought to its end.
      const claim = this.#window.claim(key, key, run, nowMs);
      if (claim.kind === 'join') return void claim.run.requests.push(request);
      if (claim.kind === 'answer') return request.answer(undefined);
      if (claim.kind !== 'run') return request.answer(new MeshError('QUEUE_FULL'));
    } else this.#runs.set(request, run);
    this.#admit(run, request);
  }

  #admit(run: SimRun, { call: { id, priority, deadlineMs } }: SimRequest): void {
    const { nowMs } = this.timeline;
    const admission = this.#queue.offer(run, priority, deadlineMs, nowMs);
    if (admission.kind === 'run') return this.#start(run);
    if (admission.kind === 'full') return this.#refuse(run, this.#overloaded());
    this.ledger.onQueued(this.instance, id, priority, nowMs);
    run.ticket = admission.ticket;
    if (admission.evicted !== undefined) this.#turnAway(admission.evicted.call, this.#overloaded());
  }

  #start(run: SimRun): void {
    run.startedMs = this.timeline.nowMs;
    const ms = -Math.log(1 - this.random.next()) * RUN_MS_MEAN * this.slowness;
    const generation = this.#generation;
    this.timeline.after(ms, () => {
      if (generation === this.#generation) this.#whenAwake(() => this.#finish(run));
    });
  }

  #finish(run: SimRun): void {
    const { nowMs } = this.timeline;
    for (const request of run.requests) this.#runs.delete(request);
    if (!run.isGivenUp) {
      this.ledger.onEffect(run.window, this.incarnation);
      if (run.window !== undefined) this.#window.settle(run.window, 'done', ANSWER_BYTES, nowMs);
      for (const request of run.requests) request.answer(undefined);
    }
    this.#serve(this.#queue.release(nowMs - run.startedMs, nowMs));
  }

  #serve({ next, dropped }: Turn<SimRun>): void {
    for (const { ticket, why } of dropped) this.#drop(ticket, why);
    if (next === undefined) return;
    this.ledger.onServed(this.instance, idOf(next.call), this.timeline.nowMs);
    next.call.ticket = undefined;
    this.#start(next.call);
  }

  /** What waits is taken back; what runs comes to nothing. */
  #onCancel(request: SimRequest): void {
    const run = this.#runs.get(request);
    if (run === undefined) return;
    this.#runs.delete(request);
    run.isGivenUp = true;
    if (run.ticket !== undefined && this.#queue.remove(run.ticket)) {
      this.ledger.onUnqueued(this.instance, request.call.id);
    }
  }

  #drop({ call }: Ticket<SimRun>, why: 'expired' | 'aged'): void {
    this.#turnAway(call, why === 'expired' ? new MeshError('EXPIRED') : this.#overloaded());
  }

  #turnAway(run: SimRun, error: MeshError): void {
    this.ledger.onUnqueued(this.instance, idOf(run));
    this.#refuse(run, error);
  }

  #refuse(run: SimRun, error: MeshError): void {
    for (const request of run.requests) this.#runs.delete(request);
    if (run.window !== undefined) this.#window.forget(run.window);
    for (const request of run.requests) request.answer(error);
  }

  #overloaded(): MeshError {
    return new MeshError('OVERLOADED', undefined, {
      details: { retryAfterMs: this.#queue.retryAfterMs(this.timeline.nowMs) },
    });
  }

  #sweepAgain(generation: number): void {
    this.timeline.after(SWEEP_MS, () => {
      if (generation !== this.#generation || !this.#isAlive || (this.#isResting && this.#queue.length === 0)) return;
      for (const { ticket, why } of this.#queue.sweep(this.timeline.nowMs)) this.#drop(ticket, why);
      this.#sweepAgain(generation);
    });
  }
}
