/** The instances that this process has called, each with its connection and its standing, as long as their incarnations live. */
import { limits } from '../../../common/core/limits.js';
import type { AgentView } from '../../../common/protocol/registry-entry.js';
import { type CallerSide, Peer } from './peer.js';

export class Peers {
  readonly #peers = new Map<string, Peer>();
  readonly #sweeper: NodeJS.Timeout;

  constructor(private readonly caller: CallerSide) {
    this.#sweeper = setInterval(() => this.#closeIdle(), limits.connectionIdleMs).unref();
  }

  /** The peer of a row; another one when its incarnation is another one. */
  of(view: AgentView): Peer {
    const known = this.#peers.get(view.instance);
    if (known?.is(view)) return known;
    known?.end(view);
    const peer = new Peer(view, this.caller);
    this.#peers.set(view.instance, peer);
    return peer;
  }

  /** A row is another one. Whom nobody called is not known here, and need not be. */
  update(view: AgentView): void {
    const known = this.#peers.get(view.instance);
    if (known === undefined) return;
    if (known.is(view)) return known.update(view);
    this.#peers.delete(view.instance);
    known.end(view);
  }

  /** Its row is gone. What it holds it may still answer; its connection then closes for want of use. */
  forget(instance: string): void {
    const known = this.#peers.get(instance);
    if (known === undefined || known.pendingCount > 0) return;
    this.#peers.delete(instance);
    known.close();
  }

  get pendingCount(): number {
    return [...this.#peers.values()].reduce((sum, { pendingCount }) => sum + pendingCount, 0);
  }

  close(): void {
    clearInterval(this.#sweeper);
    for (const peer of this.#peers.values()) peer.close();
    this.#peers.clear();
  }

  #closeIdle(): void {
    for (const peer of this.#peers.values()) peer.closeIdle();
  }
}
