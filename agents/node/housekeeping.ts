/** What a node does now and then so that nothing grows without end: retries, pruning, bodies that nobody refers to. */
import type { AgentLog } from '../../common/log/log.js';

export class Housekeeping {
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly chores: () => Promise<unknown>,
    private readonly log: Pick<AgentLog, 'warn'>,
  ) {}

  start(): void {
    this.#timer ??= setInterval(() => void this.#round(), ROUND_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #round(): Promise<void> {
    try {
      await this.chores();
    } catch (error) {
      this.log.warn({ err: error }, 'housekeeping failed; it is tried again');
    }
  }
}

const ROUND_MS = 30_000;
