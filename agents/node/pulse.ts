/** The regular beat of the node, and by how much the last one was late: what others do at once waits that long as well. */
import type { Clock } from '../../common/core/clock.js';

export class Pulse {
  lagMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly onBeat: () => void,
  ) {}

  start(): void {
    let expectedMs = this.clock.monotonicMs() + BEAT_MS;
    this.#timer = setInterval(() => {
      const nowMs = this.clock.monotonicMs();
      this.lagMs = Math.max(0, nowMs - expectedMs);
      expectedMs = nowMs + BEAT_MS;
      this.onBeat();
    }, BEAT_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

const BEAT_MS = 500;
