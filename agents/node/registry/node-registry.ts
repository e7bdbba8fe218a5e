/**
 * What a node knows of all agents, and what it tells of its own: the replica that answers look-ups on this machine, and the
 * link over which it vouches for its agents and follows the others.
 */
import type { Clock } from '../../../common/core/clock.js';
import type { MeshError } from '../../../common/core/errors.js';
import type { MachineTable } from '../../../common/protocol/registry-entry.js';
import { RegistryMethods } from '../../../common/registry/registry-methods.js';
import { RegistryReplica } from '../../../common/registry/replica.js';
import { RegistryLink } from './registry-link.js';

export interface NodeRegistryOptions {
  readonly machine: string;
  readonly epoch: number;
  /** Of the central registry. */
  readonly endpoint: string;
  /** `node@machine` */
  readonly name: string;
  /** The machine's own table; `revision` counts its changes. */
  readonly table: (revision: number) => MachineTable;
  readonly clock: Clock;
  readonly onRefused: (error: MeshError) => void;
  readonly onLink: (up: boolean) => void;
}

export class NodeRegistry {
  readonly #replica: RegistryReplica;
  readonly #methods: RegistryMethods;
  readonly #link: RegistryLink;
  readonly #table: () => MachineTable;
  #revision = 0;

  constructor(options: NodeRegistryOptions) {
    const { machine, epoch, table, clock } = options;
    this.#table = () => table(this.#revision);
    this.#replica = new RegistryReplica({ machine, epoch });
    this.#methods = new RegistryMethods(this.#replica.rows, clock);
    this.#link = new RegistryLink({ ...options, table: this.#table, replica: this.#replica, methods: this.#methods });
  }

  get handlers(): RegistryMethods['handlers'] {
    return this.#methods.handlers;
  }

  get counters(): RegistryReplica['counters'] {
    return this.#replica.counters;
  }

  start(): void {
    this.#link.start();
  }

  /** The machine's own table is another one. */
  changed(): void {
    this.#revision++;
    this.#methods.apply((now) => this.#replica.sync(this.#table(), now));
    this.#link.tableChanged();
  }

  close(): void {
    this.#link.close();
    this.#methods.close();
  }
}
