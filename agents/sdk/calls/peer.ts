/**
 * One incarnation of an instance and this process's connection to it: pooled and shared by all calls, opened by the first one,
 * over ipc where that is given on the own machine, over tcp else. The incarnation's end is the connection's end, and what was
 * out learns at once that it was: AGENT_CRASHED for what had left, UNREACHABLE for what had not.
 *
 * A connection may break because its agent died or by itself, and the broken connection is noticed first. What must not run
 * twice waits a moment for the registry's word before it is told which of the two it was.
 */
import { existsSync } from 'node:fs';
import { type Clock, systemClock } from '../../../common/core/clock.js';
import { MeshError } from '../../../common/core/errors.js';
import { limits } from '../../../common/core/limits.js';
import type { RequestMeta } from '../../../common/protocol/frames/envelope.js';
import type { AgentView } from '../../../common/protocol/registry-entry.js';
import type { Asker } from '../../../common/wire/asking/promise-asker.js';
import { RequestClient } from '../../../common/wire/asking/request-client.js';
import type { RequestStream, StreamOptions } from '../../../common/wire/streams/request-stream.js';
import { hasEnded } from './choice/eligible.js';
import { Standing } from './choice/standing.js';

export interface CallerSide {
  /** `agent@machine` of this process. */
  readonly instance: string;
  readonly machine: string;
  readonly onShift: () => void;
  readonly clock?: Clock;
}

/** A call whose connection broke, and that is to learn why. */
interface Suspended {
  readonly action: string;
  readonly error: MeshError;
  readonly tell: (error: MeshError) => void;
}

export class Peer extends Standing {
  #view: AgentView;
  #client: RequestClient | undefined;
  #suspended: Suspended[] = [];
  #verdictTimer: NodeJS.Timeout | undefined;
  #isOver = false;
  /** Since the last look for idle connections. */
  #isUsed = false;

  constructor(
    view: AgentView,
    private readonly caller: CallerSide,
  ) {
    super({ instance: view.instance, near: view.machine === caller.machine, onShift: caller.onShift });
    this.#view = view;
    this.update(view);
  }

  /** Whether a row speaks of this incarnation. A row without an endpoint says nothing of where it is. */
  is({ epoch, control }: AgentView): boolean {
    return epoch === this.#view.epoch && (control === '' || control === this.#view.control);
  }

  /** The incarnation, or this process's part with it. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Another row of the same incarnation: it may be that of its end. */
  update(view: AgentView): void {
    this.#view = view.control === '' ? { ...view, control: this.#view.control } : view;
    this.health = (view.health?.score ?? 100) / 100;
    if (hasEnded(view)) this.end(view);
  }

  /** Running one of its actions twice is harmless, it says. */
  isIdempotent(action: string): boolean {
    return this.#view.idempotent?.includes(action) ?? false;
  }

  /** @throws as `RequestClient.dispatch`; UNREACHABLE when the incarnation is over */
  ask(action: string, input: unknown, meta: RequestMeta, asker: Asker, nowMs: number): number {
    return this.#connection(action).dispatch(action, input, meta, asker, nowMs);
  }

  /** @throws as `RequestClient.openStream`; UNREACHABLE when the incarnation is over */
  openStream(action: string, input: unknown, options: StreamOptions, meta: RequestMeta): RequestStream {
    return this.#connection(action).openStream(action, input, options, meta);
  }

  /** Requests and streams that are out. */
  get pendingCount(): number {
    return this.#client?.pendingCount ?? 0;
  }

  cancel(id: number, error: MeshError): void {
    this.#client?.cancel(id, error);
  }

  /** Tells, within `limits.linkVerdictMs`, what broke the connection: the agent's end, or `error` as it is. */
  suspend(action: string, error: MeshError, tell: (error: MeshError) => void): void {
    this.#suspended.push({ action, error, tell });
    this.#verdictTimer ??= setTimeout(() => this.#release(), limits.linkVerdictMs);
  }

  /** The registry says that this incarnation is over: what is out learns it now. Idempotent. */
  end({ state }: Pick<AgentView, 'state'>): void {
    this.#isOver = true;
    const crashed = (action: string) => agentCrashed(this.instance, action, state);
    this.#client?.close((action, sent) => (sent ? crashed(action) : neverLeft(this.instance, action)));
    this.#client = undefined;
    this.#release(crashed);
  }

  /** Closes a connection that was not used since this was last called. */
  closeIdle(): void {
    const isBusy = this.#isUsed || this.pendingCount > 0;
    this.#isUsed = false;
    if (isBusy) return;
    this.#client?.close();
    this.#client = undefined;
    this.isBroken = false;
  }

  /** Fails what is out with CLOSED. Idempotent. */
  close(): void {
    this.#isOver = true;
    this.#client?.close();
    this.#client = undefined;
    this.#release();
  }

  #release(errorOf?: (action: string) => MeshError): void {
    clearTimeout(this.#verdictTimer);
    this.#verdictTimer = undefined;
    for (const { action, error, tell } of this.#suspended.splice(0)) tell(errorOf?.(action) ?? error);
  }

  #connection(action: string): RequestClient {
    if (this.#isOver) throw neverLeft(this.instance, action);
    this.#isUsed = true;
    this.#client ??= new RequestClient({
      endpoint: this.#endpoint,
      name: this.caller.instance,
      peer: this.instance,
      frameBytesMax: limits.callFrameBytesMax,
      onLink: (up) => this.#onLink(up),
    });
    return this.#client;
  }

  get #endpoint(): string {
    const { ipc = '', control } = this.#view;
    // A container may share the machine's name and not its files.
    return this.near && ipc !== '' && existsSync(ipc.slice(IPC.length)) ? ipc : control;
  }

  #onLink(up: boolean): void {
    if (up) this.isBroken = false;
    else this.onLost((this.caller.clock ?? systemClock).monotonicMs());
  }
}

const IPC = 'ipc://';

const agentCrashed = (instance: string, action: string, state: string) =>
  new MeshError('AGENT_CRASHED', `${instance} ended while it held ${action}; it is ${state} now`, {
    hint: `it may have run: repeat it only if that does no harm; see "mesh logs ${instance.split('@')[0]}"`,
  });

const neverLeft = (instance: string, action: string) =>
  new MeshError('UNREACHABLE', `${instance} ended before ${action} was sent to it`);
