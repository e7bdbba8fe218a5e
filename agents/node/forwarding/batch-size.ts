/**
 * How many bytes of records go to main at once. Pure.
 *
 * A batch is one frame, and a frame that a slow link cannot carry between two heartbeats breaks the connection, again and
 * again: so a batch should not travel longer than one heartbeat. It is halved when it did, or was not answered at all,
 * and grows by a quarter when it was quicker.
 */
import { limits } from '../../../common/core/limits.js';

export class BatchSize {
  #bytes: number;

  constructor(bytes: number = limits.recordBatchBytesMax) {
    this.#bytes = bytes;
  }

  get bytes(): number {
    return Math.floor(this.#bytes);
  }

  onAnswered(tookMs: number): void {
    if (tookMs > limits.heartbeatIntervalMs) this.onFailed();
    else this.#bytes = Math.min(limits.recordBatchBytesMax, this.#bytes * 1.25);
  }

  onFailed(): void {
    this.#bytes = Math.max(BYTES_MIN, this.#bytes / 2);
  }
}

/** Carried in time by any link that is worth having. */
const BYTES_MIN = 8 * 1024;
