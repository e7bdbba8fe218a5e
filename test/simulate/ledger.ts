/**
 * What happened in a simulation, as its callers and callees told it, and what of it must not have. It shares no code with
 * what it judges: its own bucket for the budget, its own order for the queue, its own rules for a breaker.
 */
import type { BreakerState } from '../../agents/sdk/calls/policies/breaker.js';

export interface Plan {
  readonly callCount: number;
  readonly callers: number;
  /** Names of the instances. */
  readonly instances: readonly string[];
  /** What one step of priority is worth in waiting. */
  readonly priorityStepMs: number;
  readonly budget: { readonly ratio: number; readonly perSecond: number; readonly savedMax: number };
  /** How long after its deadline a caller may notice that. */
  readonly settleSlackMs: number;
}

interface Waiting {
  readonly priority: number;
  readonly sinceMs: number;
}

interface Bucket {
  tokens: number;
  atMs: number;
}

/** What is allowed from one state of a breaker. */
const TURNS: Readonly<Record<BreakerState, readonly BreakerState[]>> = {
  closed: ['open'],
  open: ['half-open'],
  'half-open': ['open', 'closed'],
};
/** Of each fault so many are told. */
const TOLD_MAX = 5;
const ROUNDING = 1e-6;

export class Ledger {
  readonly faults = new Map<string, string[]>();
  readonly outcomes: Record<string, number> = {};
  readonly turns: Record<string, number> = {};
  repeats = 0;
  /** Keys that ran once more because the process that knew of them had died. */
  reruns = 0;
  readonly #deadlines: Float64Array;
  readonly #settled: Uint8Array;
  readonly #waiting = new Map<string, Map<number, Waiting>>();
  readonly #buckets: readonly Bucket[];
  /** Where a key took effect: the incarnation. */
  readonly #effects = new Map<string, string>();
  readonly #dead = new Set<string>();
  #issued = 0;

  constructor(private readonly plan: Plan) {
    this.#deadlines = new Float64Array(plan.callCount);
    this.#settled = new Uint8Array(plan.callCount);
    this.#buckets = Array.from({ length: plan.callers }, () => ({ tokens: plan.budget.savedMax, atMs: 0 }));
    for (const instance of plan.instances) this.#waiting.set(instance, new Map());
  }

  get faultCount(): number {
    return [...this.faults.values()].reduce((sum, told) => sum + told.length, 0);
  }

  onIssued(call: number, caller: number, deadlineMs: number, nowMs: number): void {
    this.#deadlines[call] = deadlineMs;
    this.#issued++;
    this.#fill(caller, nowMs).tokens += this.plan.budget.ratio;
  }

  onSettled(call: number, outcome: string, nowMs: number): void {
    if (this.#settled[call] === 1) this.#fault('a call settled twice', `call ${call} with ${outcome}`);
    this.#settled[call] = 1;
    this.outcomes[outcome] = (this.outcomes[outcome] ?? 0) + 1;
    const lateMs = nowMs - (this.#deadlines[call] ?? 0);
    if (lateMs > this.plan.settleSlackMs) {
      this.#fault('a call settled after its time', `call ${call}, ${lateMs.toFixed(0)} ms late, with ${outcome}`);
    }
  }

  /** A caller repeats a call. */
  onRepeat(caller: number, nowMs: number): void {
    this.repeats++;
    const bucket = this.#fill(caller, nowMs);
    bucket.tokens--;
    if (bucket.tokens < -ROUNDING) this.#fault('the budget was exceeded', `caller ${caller} at ${nowMs.toFixed(0)} ms`);
  }

  /** The work of a call was done to its end. @param incarnation `worker@main#3` */
  onEffect(key: string | undefined, incarnation: string): void {
    if (key === undefined) return;
    const before = this.#effects.get(key);
    this.#effects.set(key, incarnation);
    if (before === undefined) return;
    if (before !== incarnation && this.#dead.has(before)) this.reruns++;
    else this.#fault('a call with a key ran twice', `${key} on ${before} and on ${incarnation}`);
  }

  onDeath(instance: string, incarnation: string): void {
    this.#dead.add(incarnation);
    this.#waiting.get(instance)?.clear();
  }

  onQueued(instance: string, call: number, priority: number, nowMs: number): void {
    this.#waiting.get(instance)?.set(call, { priority, sinceMs: nowMs });
  }

  /** It was turned away, or given up. */
  onUnqueued(instance: string, call: number): void {
    this.#waiting.get(instance)?.delete(call);
  }

  /** It was taken from the queue to run, now. */
  onServed(instance: string, call: number, nowMs: number): void {
    const waiting = this.#waiting.get(instance);
    const served = waiting?.get(call);
    if (waiting === undefined || served === undefined) {
      this.#fault('a call ran that did not wait', `call ${call} at ${instance}`);
      return;
    }
    waiting.delete(call);
    const turn = this.#turnOf(served);
    for (const [other, its] of waiting) {
      if (this.#turnOf(its) >= turn) continue;
      const ages = `waits ${(nowMs - its.sinceMs).toFixed(0)} ms with ${its.priority}`;
      this.#fault('a call was overtaken', `call ${other} ${ages}, by one with ${served.priority} at ${instance}`);
      return;
    }
  }

  onBreaker(from: BreakerState, to: BreakerState): void {
    const turn = `${from} → ${to}`;
    this.turns[turn] = (this.turns[turn] ?? 0) + 1;
    if (!TURNS[from].includes(to)) this.#fault('a breaker turned as it must not', turn);
  }

  /** In a calm time: how many calls each instance had, all of them well and at work. */
  onCalm(share: ReadonlyMap<string, number>, enough: number): void {
    for (const [instance, count] of share) {
      if (count < enough) this.#fault('an instance was starved', `${instance} had ${count} calls, not ${enough}`);
    }
  }

  /** When nothing happens any more. */
  close(): void {
    const lost = this.#issued - this.#settled.reduce((sum, settled) => sum + settled, 0);
    if (lost !== 0) this.#fault('calls were lost', `${lost} of ${this.#issued} never settled`);
    for (const [instance, { size }] of this.#waiting) {
      if (size > 0) this.#fault('calls were forgotten in a queue', `${size} at ${instance}`);
    }
    for (const turn of ['closed → open', 'open → half-open', 'half-open → closed']) {
      if ((this.turns[turn] ?? 0) === 0) this.#fault('a breaker never turned', turn);
    }
  }

  /** The lower the sooner: so much is one step of priority worth. */
  #turnOf({ priority, sinceMs }: Waiting): number {
    return sinceMs + priority * this.plan.priorityStepMs;
  }

  #fill(caller: number, nowMs: number): Bucket {
    const bucket = this.#buckets[caller];
    if (bucket === undefined) throw new Error(`there is no caller ${caller}`);
    const { perSecond, savedMax } = this.plan.budget;
    bucket.tokens = Math.min(savedMax, bucket.tokens + ((nowMs - bucket.atMs) / 1_000) * perSecond);
    bucket.atMs = nowMs;
    return bucket;
  }

  #fault(what: string, detail: string): void {
    const told = this.faults.get(what) ?? [];
    this.faults.set(what, told);
    if (told.length < TOLD_MAX) told.push(detail);
  }
}
