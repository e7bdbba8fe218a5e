/**
 * The node's standing with the central registry: it vouches for its machine and follows the others.
 *
 * One heartbeat a second carries the mark of the machine's table; whenever the registry does not know the table, whenever
 * the table changed, and whenever the link comes up, the whole table is sent. So a registry that was lost is whole again
 * one round after it is back. A watch that is always open feeds the replica that answers look-ups here.
 *
 * The link is up while the connection is and heartbeats are answered: over a cable that carries one direction alone the
 * registry may go on talking to a node that it does not hear.
 */
import { delay, systemClock } from '../../../common/core/clock.js';
import { type MeshError, toMeshError } from '../../../common/core/errors.js';
import { limits } from '../../../common/core/limits.js';
import type { MachineTable } from '../../../common/protocol/registry-entry.js';
import { digestOf } from '../../../common/registry/digest.js';
import type { RegistryMethods } from '../../../common/registry/registry-methods.js';
import type { RegistryReplica } from '../../../common/registry/replica.js';
import { RequestClient } from '../../../common/wire/asking/request-client.js';

export interface RegistryLinkOptions {
  readonly endpoint: string;
  /** `node@machine`, for the registry's own log. */
  readonly name: string;
  readonly table: () => MachineTable;
  readonly replica: RegistryReplica;
  readonly methods: RegistryMethods;
  /** The registry refuses this node: another one holds the machine. Told once per refusal, until it is accepted. */
  readonly onRefused: (error: MeshError) => void;
  readonly onLink: (up: boolean) => void;
}

export class RegistryLink {
  readonly #client: RequestClient;
  readonly #ending = new AbortController();
  #heartbeat: NodeJS.Timeout | undefined;
  #dirty = true;
  #syncing = false;
  #refused = false;
  /** As it was told last. */
  #isUp: boolean | undefined;
  /** When the registry answered a heartbeat last. */
  #answeredMs = Number.NEGATIVE_INFINITY;

  constructor(private readonly options: RegistryLinkOptions) {
    const { endpoint, name } = options;
    this.#client = new RequestClient({
      endpoint,
      name,
      peer: 'the registry on main',
      frameBytesMax: limits.controlFrameBytesMax,
      onLink: (up) => this.#onLink(up),
    });
  }

  start(): void {
    this.#heartbeat = setInterval(() => void this.#vouch(), limits.heartbeatIntervalMs);
    void this.#follow();
  }

  /** The table is another one: the registry is told at once, unless it was told of another change just before. */
  tableChanged(): void {
    if (this.#dirty) return;
    this.#dirty = true;
    setImmediate(() => void this.#sync());
  }

  close(): void {
    clearInterval(this.#heartbeat);
    this.#ending.abort();
    this.#client.close();
  }

  #onLink(up: boolean): void {
    if (up) {
      this.#dirty = true;
      void this.#sync();
    }
    this.#tell(up);
  }

  #tell(up: boolean): void {
    if (this.#isUp === up) return;
    this.#isUp = up;
    this.options.onLink(up);
  }

  async #vouch(): Promise<void> {
    if (!this.#client.up || this.#syncing) return;
    const table = this.options.table();
    const { machine, epoch, revision } = table;
    const sentMs = systemClock.monotonicMs();
    try {
      const { known } = await this.#client.request(
        'registry.heartbeat',
        { machine, epoch, revision, digest: digestOf(table) },
        { timeoutMs: limits.heartbeatTimeoutMs },
      );
      this.#answeredMs = systemClock.monotonicMs();
      this.#tell(this.#client.up);
      this.options.methods.apply((now) => this.options.replica.noteBrokerContact(now));
      if (known) return;
      this.#dirty = true;
      await this.#sync();
    } catch {
      // Out of reach or too slow: the next beat is the repetition. One that overtook this one says that it is there.
      if (this.#answeredMs < sentMs) this.#tell(false);
    }
  }

  /** Sends the table until it is the one that the registry has. */
  async #sync(): Promise<void> {
    if (this.#syncing) return;
    this.#syncing = true;
    try {
      while (this.#dirty && this.#client.up && !this.#ending.signal.aborted) {
        this.#dirty = false;
        await this.#client.request('registry.sync', this.options.table(), { timeoutMs: limits.heartbeatTimeoutMs });
        this.#refused = false;
        this.options.methods.apply((now) => this.options.replica.noteBrokerContact(now));
        // A fleet that starts changes hundreds of times in a few seconds, and a table is large.
        await delay(SYNC_PACE_MS, this.#ending.signal).catch(() => undefined);
      }
    } catch (error) {
      // The next heartbeat finds it unknown and sends it again.
      if (toMeshError(error).code === 'STALE_EPOCH' && !this.#refused) {
        this.#refused = true;
        this.options.onRefused(toMeshError(error));
      }
    } finally {
      this.#syncing = false;
    }
  }

  async #follow(): Promise<void> {
    const { signal } = this.#ending;
    const { replica, methods } = this.options;
    while (!signal.aborted) {
      try {
        const update = await this.#client.request(
          'registry.watch',
          { ...replica.brokerMark, waitMs: WATCH_MS },
          { signal, timeoutMs: WATCH_MS + limits.heartbeatTimeoutMs },
        );
        methods.apply((now) => replica.adopt(update, now));
      } catch {
        await delay(WATCH_AGAIN_MS, signal).catch(() => undefined);
      }
    }
  }
}

/** Between two tables: what changes meanwhile travels with the next. Whoever watches from afar hears of it in time. */
const SYNC_PACE_MS = 50;
/** Long enough to be rare, short enough that a watch swallowed by a dead link is soon asked anew. */
const WATCH_MS = 10_000;
const WATCH_AGAIN_MS = 100;
