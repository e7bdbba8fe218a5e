/**
 * When an agent's next word to its node is due. Pure.
 *
 * A second after the last, and at a quarter of a second of the clock that all processes of a machine share: a node that is
 * woken four times a second by a few agents each has a fifth less to do than one that is woken by each alone. All at once
 * would keep the processors from others.
 */
import { limits } from '../../common/core/limits.js';

const SHARED_MS = limits.heartbeatIntervalMs / 4;

/** @param nowMs of the monotonic clock; timers may be early by a little, and then the next is no earlier for that. */
export const nextBeatMs = (nowMs: number): number =>
  Math.round((nowMs + limits.heartbeatIntervalMs) / SHARED_MS) * SHARED_MS;
