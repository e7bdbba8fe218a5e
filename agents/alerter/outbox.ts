/**
 * Notices on their way to their routes: which is tried when, and which is given up. Plain data, so that it outlives its
 * process. Pure.
 *
 * O1  A notice leaves when every one of its routes was told or given up. Whoever is killed before it has written down that
 *     somebody was told tells him once more, with the same id.
 * O2  A route is tried by one notice at a time, the oldest of those that are due first.
 * O3  Bounded: when it is full the oldest notice is given up.
 */
import { backoffMs } from '../../common/core/backoff.js';
import { limits } from '../../common/core/limits.js';
import type { Notice } from './notice.js';
import type { Delivery } from './routes/delivery.js';

export interface Errand {
  readonly route: string;
  attempts: number;
  nextMs: number;
}

export interface Posted {
  readonly notice: Notice;
  errands: Errand[];
}

/** A route that was not told, for good. */
export interface GivenUp {
  readonly notice: Notice;
  readonly route: string;
  readonly attempts: number;
  readonly said: string;
}

const RETRY = { firstMs: limits.alertRetryFirstMs, maxMs: limits.alertRetryMaxMs, factor: 2 };

export class Outbox {
  readonly #busy = new Set<string>();

  constructor(readonly posted: Posted[] = []) {
    // Whatever the last process waited for, this one may try at once.
    for (const { errands } of posted) for (const errand of errands) errand.nextMs = 0;
  }

  /** @returns what had to make room for it */
  add(notice: Notice, routes: readonly string[]): GivenUp[] {
    this.posted.push({ notice, errands: routes.map((route) => ({ route, attempts: 0, nextMs: 0 })) });
    const surplus = this.posted.splice(0, Math.max(0, this.posted.length - limits.alertOutboxMax));
    return surplus.flatMap((old) =>
      old.errands.map(({ route, attempts }) => ({ notice: old.notice, route, attempts, said: 'too many others wait' })),
    );
  }

  /** What is to be tried now; each must be settled. */
  take(nowMs: number): { notice: Notice; errand: Errand }[] {
    const taken: { notice: Notice; errand: Errand }[] = [];
    for (const { notice, errands } of this.posted) {
      for (const errand of errands) {
        // A clock that was set back makes nobody wait for longer than the longest wait.
        const isDue = nowMs >= errand.nextMs || errand.nextMs - nowMs > RETRY.maxMs;
        if (!isDue || this.#busy.has(errand.route)) continue;
        this.#busy.add(errand.route);
        taken.push({ notice, errand });
      }
    }
    return taken;
  }

  /** @returns what is given up with that, if it is */
  settle(notice: Notice, errand: Errand, delivery: Delivery, nowMs: number, random: number): GivenUp | undefined {
    this.#busy.delete(errand.route);
    errand.attempts++;
    const { ok, isFinal = false, said } = delivery;
    const isOver = ok || isFinal || errand.attempts >= limits.alertAttemptsMax;
    errand.nextMs = nowMs + backoffMs(RETRY, errand.attempts, random);
    if (!isOver) return undefined;
    this.#remove(notice, errand);
    return ok ? undefined : { notice, route: errand.route, attempts: errand.attempts, said };
  }

  #remove(notice: Notice, errand: Errand): void {
    const index = this.posted.findIndex((posted) => posted.notice === notice);
    const posted = this.posted[index];
    if (posted === undefined) return;
    posted.errands = posted.errands.filter((other) => other !== errand);
    if (posted.errands.length === 0) this.posted.splice(index, 1);
  }
}
