/**
 * The processes of one machine, asked for again and again while somebody follows them: one question for all who wait. A
 * node that does not answer is asked again; how long one waits for it is the follower's business.
 */
import type { MachineConfig } from '../../common/config/fleet-config.js';
import { delay } from '../../common/core/clock.js';
import { limits } from '../../common/core/limits.js';
import type { ProcessRowBody } from '../../common/protocol/catalogue.js';
import type { FleetAccess } from './fleet-access.js';

const POLL_MS = 100;

/** @returns whether it has seen enough. `row` is undefined when the node answers and does not know the agent. */
export type Follower = (row: ProcessRowBody | undefined) => boolean;

export class ProcessWatch {
  readonly #followers = new Map<Follower, { readonly agent: string; readonly resolve: () => void }>();
  #running = false;

  constructor(
    readonly machine: MachineConfig,
    private readonly access: FleetAccess,
    private readonly signal: AbortSignal,
  ) {}

  /** Resolves when `follower` has seen enough, or with `until`. */
  follow(agent: string, follower: Follower, until: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        this.#followers.delete(follower);
        resolve();
      };
      if (until.aborted) return resolve();
      until.addEventListener('abort', end, { once: true });
      this.#followers.set(follower, { agent, resolve: end });
      if (!this.#running) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#followers.size > 0 && !this.signal.aborted) {
      const rows = await this.#ask();
      if (rows !== undefined) {
        for (const [follower, { agent, resolve }] of [...this.#followers]) {
          if (follower(rows.find((row) => row.agent === agent))) resolve();
        }
      }
      if (this.#followers.size > 0) await delay(POLL_MS, this.signal).catch(() => undefined);
    }
    this.#running = false;
  }

  async #ask(): Promise<readonly ProcessRowBody[] | undefined> {
    try {
      const node = await this.access.node(this.machine);
      return (await node.request('node.ps', {}, { timeoutMs: limits.cliConnectTimeoutMs })).agents;
    } catch {
      return undefined; // a node that was killed comes back
    }
  }
}
