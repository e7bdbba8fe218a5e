/**
 * The registry as a client asks it: through the node of its machine, whose replica answers also while the broker is away.
 */
import { type Clock, delay, systemClock } from '../../common/core/clock.js';
import { MeshError } from '../../common/core/errors.js';
import { limits } from '../../common/core/limits.js';
import type { Input, Output } from '../../common/protocol/catalogue.js';
import type { AgentView } from '../../common/protocol/registry-entry.js';
import type { RequestClient } from '../../common/wire/asking/request-client.js';

export type RegistryFilter = Input<'registry.find'>;
export type RegistryList = Output<'registry.list'>;
export type RegistryUpdate = Output<'registry.watch'>;

export class RegistryClient {
  constructor(
    private readonly node: Pick<RequestClient, 'request'>,
    private readonly clock: Clock = systemClock,
  ) {}

  /** Every machine and every agent, with the age of that knowledge. */
  list(): Promise<RegistryList> {
    return this.node.request('registry.list', {});
  }

  /** Agents that match all that the filter names. */
  async find(filter: RegistryFilter): Promise<AgentView[]> {
    return (await this.node.request('registry.find', filter)).agents;
  }

  /**
   * First a snapshot, then every change in order; a snapshot again when changes were missed. Ends with the signal;
   * while the node is away it waits and goes on.
   */
  async *watch(signal: AbortSignal): AsyncGenerator<RegistryUpdate> {
    let last: { epoch: number; revision: number } | undefined;
    const waitMs = limits.longPollMsMax / 3;
    while (!signal.aborted) {
      const askedMs = this.clock.monotonicMs();
      try {
        const update: RegistryUpdate = await this.node.request(
          'registry.watch',
          { ...last, waitMs },
          { signal, timeoutMs: waitMs + limits.requestTimeoutMs },
        );
        last = { epoch: update.epoch, revision: update.revision };
        if (update.snapshot !== undefined || (update.changes?.length ?? 0) > 0) {
          yield update;
          continue;
        }
        // A node without room for one more question answers at once.
        if (this.clock.monotonicMs() - askedMs > waitMs / 2) continue;
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof MeshError)) throw error;
      }
      await delay(limits.heartbeatIntervalMs, signal).catch(() => undefined);
    }
  }
}
