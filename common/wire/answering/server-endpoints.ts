/**
 * Where a ROUTER socket listens: a TCP port, and beside it a socket file for those on the same machine. The port must be
 * had; without the file a server serves all the same, by the port.
 */
import { rmSync } from 'node:fs';
import type { Router } from 'zeromq';
import { bindEndpoint, bindIpc, socketFileOf, unbindEndpoint } from '../endpoint.js';

export interface ServerEndpointsOptions {
  /** `tcp://host:port`; port 0 lets the system choose. */
  readonly endpoint: string;
  /** `ipc:///path` in a folder that nobody else can enter; none when empty. */
  readonly ipc?: string;
  /** What listens here, for error texts: "the node of pc2". */
  readonly purpose: string;
  /** The socket file could not be had. */
  readonly onWithoutIpc?: (error: unknown) => void;
}

export class ServerEndpoints {
  #tcp = '';
  #ipc = '';

  constructor(
    private readonly router: Router,
    private readonly options: ServerEndpointsOptions,
  ) {}

  /** With the real port; empty while it does not listen. */
  get tcp(): string {
    return this.#tcp;
  }

  /** Empty when there is none. */
  get ipc(): string {
    return this.#ipc;
  }

  /** @throws PORT_IN_USE, START_FAILED: it does not listen anywhere */
  async open(): Promise<void> {
    const { endpoint, ipc = '', purpose, onWithoutIpc } = this.options;
    this.#tcp = await bindEndpoint(this.router, endpoint, purpose);
    if (ipc === '') return;
    try {
      await bindIpc(this.router, ipc, purpose);
      this.#ipc = ipc;
    } catch (error) {
      onWithoutIpc?.(error);
    }
  }

  /** Resolves when the port is free and the file gone. */
  async close(): Promise<void> {
    if (this.#ipc !== '') {
      await unbindEndpoint(this.router, this.#ipc);
      // libzmq leaves it.
      rmSync(socketFileOf(this.#ipc), { force: true });
    }
    if (this.#tcp !== '') await unbindEndpoint(this.router, this.#tcp);
  }
}
