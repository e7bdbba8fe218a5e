/**
 * What this process knows of the agents of the mesh: a copy of the registry, fed by one watch on its node, started by the
 * first look-up. While the node or the broker is away the copy stays, so calls to known agents go on.
 */

import { within } from '../../../common/core/clock.js';
import { MeshError, toMeshError } from '../../../common/core/errors.js';
import { limits } from '../../../common/core/limits.js';
import type { AgentView } from '../../../common/protocol/registry-entry.js';
import type { RegistryClient, RegistryUpdate } from '../registry-client.js';

export class InstanceDirectory {
  /** Lists are replaced, never changed: who looks one up may keep it. */
  readonly #byService = new Map<string, readonly AgentView[]>();
  #services: readonly string[] = [];
  readonly #ending = new AbortController();
  #first: Promise<void> | undefined;
  #filled = false;

  constructor(private readonly registry: RegistryClient) {}

  /** The first snapshot has come: from then on look-ups are answered from the copy. */
  get filled(): boolean {
    return this.#filled;
  }

  /** Waits for the first snapshot. @throws UNREACHABLE */
  async fill(): Promise<void> {
    this.#first ??= this.#follow();
    await within(
      this.#first,
      limits.requestTimeoutMs,
      () => new MeshError('UNREACHABLE', 'the node of this machine does not answer'),
    );
  }

  /** All instances of a service as last known. */
  instancesOf(agent: string): readonly AgentView[] {
    return this.#byService.get(agent) ?? [];
  }

  /** The names of all services, for "did you mean". */
  get services(): readonly string[] {
    return this.#services;
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
          this.#filled = true;
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
      if (gone !== undefined) this.#remove(gone);
    }
    this.#services = [...this.#byService.keys()];
  }

  #put(view: AgentView): void {
    const others = this.instancesOf(view.agent).filter(({ instance }) => instance !== view.instance);
    this.#byService.set(view.agent, [...others, view]);
  }

  /** @param gone `agent@machine`, or a machine, whose agents are told one by one. */
  #remove(gone: string): void {
    const agent = gone.split('@')[0] ?? '';
    const others = this.instancesOf(agent).filter(({ instance }) => instance !== gone);
    if (others.length > 0) this.#byService.set(agent, others);
    else this.#byService.delete(agent);
  }
}
