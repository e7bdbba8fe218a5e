/**
 * What this process knows of the agents of the mesh: a copy of the registry, fed by one watch on its node, started by the
 * first look-up. While the node or the broker is away the copy stays, so calls to known agents go on.
 */

import { within } from '../../common/core/clock.js';
import { MeshError, toMeshError } from '../../common/core/errors.js';
import { limits } from '../../common/core/limits.js';
import type { AgentView } from '../../common/protocol/registry-entry.js';
import type { RegistryClient, RegistryUpdate } from './registry-client.js';

export class InstanceDirectory {
  readonly #byService = new Map<string, Map<string, AgentView>>();
  readonly #ending = new AbortController();
  #first: Promise<void> | undefined;

  constructor(private readonly registry: RegistryClient) {}

  /** All instances of a service as last known. Waits for the first snapshot only. @throws UNREACHABLE */
  async instancesOf(agent: string): Promise<AgentView[]> {
    this.#first ??= this.#follow();
    await within(
      this.#first,
      limits.requestTimeoutMs,
      () => new MeshError('UNREACHABLE', 'the node of this machine does not answer'),
    );
    return [...(this.#byService.get(agent)?.values() ?? [])];
  }

  /** The names of all services, for "did you mean". */
  get services(): string[] {
    return [...this.#byService.keys()];
  }

  close(): void {
    this.#ending.abort();
  }

  /** Resolves with the first snapshot; goes on until closed. */
  #follow(): Promise<void> {
    return new Promise((resolve, reject) => {
      const follow = async () => {
        for await (const update of this.registry.watch(this.#ending.signal)) {
          this.#apply(update);
          resolve();
        }
        reject(new MeshError('CLOSED', 'the connection to the mesh was closed'));
      };
      follow().catch((error: unknown) => reject(toMeshError(error)));
    });
  }

  #apply({ snapshot, changes = [] }: RegistryUpdate): void {
    if (snapshot !== undefined) {
      this.#byService.clear();
      for (const view of snapshot.agents) this.#put(view);
    }
    for (const { agent, gone } of changes) {
      if (agent !== undefined) this.#put(agent);
      if (gone !== undefined) this.#byService.get(gone.split('@')[0] ?? '')?.delete(gone);
    }
  }

  #put(view: AgentView): void {
    const instances = this.#byService.get(view.agent) ?? new Map<string, AgentView>();
    this.#byService.set(view.agent, instances.set(view.instance, view));
  }
}
