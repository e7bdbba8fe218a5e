/**
 * What this process knows of the agents of the mesh: a copy of the registry, fed by one watch on its node, started by the
 * first look-up. While the node or the broker is away the copy stays, so calls to known agents go on.
 */

import { MeshError, toMeshError } from '../../../../common/core/errors.js';
import type { AgentView } from '../../../../common/protocol/registry-entry.js';
import type { RegistryClient, RegistryUpdate } from '../../registry-client.js';
import { isUnattached } from './eligible.js';

export interface DirectoryListener {
  /** A row is new or another one. */
  onView(view: AgentView): void;
  /** `agent@machine` is no longer there. */
  onGone(instance: string): void;
  /** All of an update has been told. */
  onUpdated(): void;
}

export class InstanceDirectory {
  /** Lists are replaced, never changed: who looks one up may keep it, and sees by its identity whether it is still true. */
  readonly #byService = new Map<string, readonly AgentView[]>();
  #services: readonly string[] = [];
  #all: readonly AgentView[] | undefined;
  readonly #ending = new AbortController();
  #first: Promise<void> | undefined;
  #filled = false;

  constructor(
    private readonly registry: Pick<RegistryClient, 'watch'>,
    private readonly listener: DirectoryListener,
  ) {}

  /** The first snapshot has come: from then on look-ups are answered from the copy. */
  get filled(): boolean {
    return this.#filled;
  }

  /** Resolves with the first snapshot. @throws CLOSED */
  fill(): Promise<void> {
    this.#first ??= this.#follow();
    return this.#first;
  }

  /** All instances of a service as last known, by name. */
  instancesOf(service: string): readonly AgentView[] {
    return this.#byService.get(service) ?? NONE;
  }

  /** All instances of all services, by name. */
  get all(): readonly AgentView[] {
    this.#all ??= [...this.#byService.values()].flat().sort(byInstance);
    return this.#all;
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
      const named = new Set(snapshot.agents.map(({ instance }) => instance));
      for (const { instance } of this.all) if (!named.has(instance)) this.#remove(instance);
      for (const view of snapshot.agents) this.#put(view);
    }
    for (const { agent, gone } of changes) {
      if (agent !== undefined) this.#put(agent);
      if (gone !== undefined) this.#remove(gone);
    }
    this.#services = [...this.#byService.keys()];
    this.#all = undefined;
    this.listener.onUpdated();
  }

  #put(view: AgentView): void {
    const known = this.instancesOf(view.agent);
    const before = known.find(({ instance }) => instance === view.instance);
    const row = before === undefined ? view : asLastSaid(view, before);
    const others = known.filter((other) => other !== before);
    this.#byService.set(view.agent, [...others, row].sort(byInstance));
    this.listener.onView(row);
  }

  /** @param gone `agent@machine`, or a machine, whose agents are told one by one. */
  #remove(gone: string): void {
    const agent = gone.split('@')[0] ?? '';
    const known = this.instancesOf(agent);
    const others = known.filter(({ instance }) => instance !== gone);
    if (others.length === known.length) return;
    if (others.length > 0) this.#byService.set(agent, others);
    else this.#byService.delete(agent);
    this.listener.onGone(gone);
  }
}

const NONE: readonly AgentView[] = [];

/** Between two incarnations the registry does not know what the agent is and can do; most likely it is what it was. */
function asLastSaid(view: AgentView, { version, capabilities, actions }: AgentView): AgentView {
  return isUnattached(view) && view.version === '' ? { ...view, version, capabilities, actions } : view;
}

/** By code unit: the same order in every process. */
const byInstance = (a: AgentView, b: AgentView): number =>
  a.instance < b.instance ? -1 : a.instance > b.instance ? 1 : 0;
