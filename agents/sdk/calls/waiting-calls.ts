/**
 * Calls that cannot be made now: there is nobody who serves, or they are to be made again in a moment. Bounded. Each leaves
 * exactly once: to be made, because its time is over, or because it was given up.
 */
import { systemClock } from '../../../common/core/clock.js';
import type { MeshError } from '../../../common/core/errors.js';
import { limits } from '../../../common/core/limits.js';

export interface WaitingCall {
  /** Monotonic. */
  readonly deadlineMs: number;
  /** Whether there is somebody who can be called. */
  isPossible(): boolean;
  attempt(nowMs: number): void;
  /** Its time is over. */
  onLate(nowMs: number): void;
  fail(error: MeshError): void;
}

export class WaitingCalls {
  /** Each with the time from which on it may be made: the infinite one for those that wait for somebody. */
  readonly #dueMs = new Map<WaitingCall, number>();
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get count(): number {
    return this.#dueMs.size;
  }

  /** False when too many wait already. @param dueMs Infinity: not before the rows have changed */
  add(call: WaitingCall, dueMs: number): boolean {
    if (this.#isClosed || this.#dueMs.size >= limits.callsWaitingMax) return false;
    this.#dueMs.set(call, dueMs);
    this.#timer ??= setInterval(() => this.#onTick(systemClock.monotonicMs()), TICK_MS);
    return true;
  }

  delete(call: WaitingCall): void {
    if (this.#dueMs.delete(call)) this.#rest();
  }

  /** Rows have changed: somebody may have come. */
  wake(nowMs: number): void {
    for (const [call, dueMs] of [...this.#dueMs]) {
      if (dueMs === Number.POSITIVE_INFINITY && call.isPossible()) this.#go(call, nowMs);
    }
    this.#rest();
  }

  /** Everybody, who are then to be told; nobody waits any more, now or later. */
  close(): WaitingCall[] {
    this.#isClosed = true;
    const calls = [...this.#dueMs.keys()];
    this.#dueMs.clear();
    this.#rest();
    return calls;
  }

  #onTick(nowMs: number): void {
    for (const [call, dueMs] of [...this.#dueMs]) {
      if (call.deadlineMs <= nowMs) {
        this.#dueMs.delete(call);
        call.onLate(nowMs);
      } else if (dueMs <= nowMs) this.#go(call, nowMs);
    }
    this.#rest();
  }

  #go(call: WaitingCall, nowMs: number): void {
    this.#dueMs.delete(call);
    call.attempt(nowMs);
  }

  #rest(): void {
    if (this.#dueMs.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

/** Resolution of waits: that of the timeouts of requests. */
const TICK_MS = 20;
