/**
 * Calls from this process to agents, by what their callers write. The path is direct: neither node nor broker carries a call,
 * and what is true of the agents is known ahead of it. A call without a policy, of agents that are known, takes no turn of the
 * event loop before it stands in its connection's queue.
 */
import { systemClock, within } from '../../../common/core/clock.js';
import { MeshError, toMeshError } from '../../../common/core/errors.js';
import { limits } from '../../../common/core/limits.js';
import type { CallPolicy } from '../../../common/protocol/call-policy.js';
import type { RegistryClient } from '../registry-client.js';
import type { CallAddress, CallOptions, CallOrigin, CallStream } from './call.js';
import { CallAttempts } from './call-attempts.js';
import { checkOptions, timeoutOf } from './call-options.js';
import { Shifts } from './choice/balancer.js';
import { InstanceDirectory } from './choice/instance-directory.js';
import { NO_OPTIONS, OutgoingCall } from './outgoing-call.js';
import { failedStream, OutgoingStream } from './outgoing-stream.js';
import { Peers } from './peers.js';
import { CallGuard } from './policies/call-guard.js';
import type { AttemptRecord } from './policies/call-trail.js';
import type { PolicySource } from './policies/policy.js';
import type { Route } from './route.js';
import { Routes } from './routes.js';

/** Who calls. */
export interface CallerName {
  /** `agent@machine` */
  readonly instance: string;
  readonly machine: string;
}

export class CallRouter {
  /** Around the calls of which a policy speaks. */
  readonly guard = new CallGuard();
  readonly #directory: InstanceDirectory;
  readonly #peers: Peers;
  readonly #routes: Routes;
  readonly #attempts: CallAttempts;
  #callCount = 0;

  /** @param random in [0, 1) */
  constructor(
    registry: Pick<RegistryClient, 'watch'>,
    private readonly caller: CallerName,
    policies: PolicySource,
    random: () => number = Math.random,
  ) {
    const shifts = new Shifts();
    const attempts = new CallAttempts(caller.instance, random);
    const peers = new Peers({ ...caller, onShift: shifts.note });
    const directory = new InstanceDirectory(registry, {
      onView: (view) => peers.update(view),
      onGone: (instance) => peers.forget(instance),
      onUpdated: () => attempts.wake(),
    });
    this.#attempts = attempts;
    this.#peers = peers;
    this.#directory = directory;
    this.#routes = new Routes({ directory, peers, policies, shifts }, random);
  }

  get counters(): Record<string, number> {
    const { repeats, waits, crashes, circuitRefusals } = this.#attempts.counters;
    return {
      callsMade: this.#callCount,
      callRepeats: repeats,
      callWaits: waits,
      callCrashes: crashes,
      callCircuitRefusals: circuitRefusals,
    };
  }

  /** Calls and streams that are out. */
  get pendingCount(): number {
    return this.#peers.pendingCount;
  }

  /** Calls and streams that wait for somebody to serve, or for their next attempt. */
  get waitingCount(): number {
    return this.#attempts.waiting.count;
  }

  /**
   * @throws NOT_FOUND, UNREACHABLE, CIRCUIT_OPEN, TIMED_OUT, CONNECTION_LOST, AGENT_CRASHED …, and whatever the action answers
   */
  call(
    address: string | CallAddress,
    input: unknown,
    options: CallOptions = NO_OPTIONS,
    origin?: CallOrigin,
  ): Promise<unknown> {
    const startedMs = systemClock.monotonicMs();
    try {
      const route = this.#routes.of(address);
      if (this.#isKnown(route)) return this.#go(route.current(), input, options, origin, startedMs);
      return this.#know(route, options).then(() => this.#go(route.current(), input, options, origin, startedMs));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** What keeps it from being opened is told by the stream. */
  stream(
    address: string | CallAddress,
    input: unknown,
    options: CallOptions = NO_OPTIONS,
    origin?: CallOrigin,
  ): CallStream {
    const startedMs = systemClock.monotonicMs();
    try {
      checkOptions(options);
      const route = this.#routes.of(address);
      const { timeoutMs } = options;
      const leftMs = origin?.remainingMs() ?? Number.POSITIVE_INFINITY;
      const stream = new OutgoingStream({
        route,
        input,
        options,
        origin,
        from: this.caller.instance,
        waiting: this.#attempts.waiting,
        deadlineMs: startedMs + timeoutOf(options, undefined, origin),
        endMs: startedMs + Math.min(timeoutMs ?? leftMs, leftMs),
      });
      this.#callCount++;
      route.budget.onCall();
      if (options.signal?.aborted || origin?.signal.aborted) stream.cancel();
      else if (this.#isKnown(route)) stream.attempt(startedMs);
      else void this.#openLater(route, stream, options);
      return stream;
    } catch (error) {
      return failedStream(toMeshError(error));
    }
  }

  /** Fails what is out and what waits with CLOSED. Idempotent. */
  close(): void {
    this.#directory.close();
    this.#attempts.close();
    this.#peers.close();
  }

  /** Straight to an instance, unless a policy speaks of the call. */
  #go(
    route: Route,
    input: unknown,
    options: CallOptions,
    origin: CallOrigin | undefined,
    startedMs: number,
  ): Promise<unknown> {
    if (route.policy === undefined) return this.#make(route, input, options, origin, startedMs);
    return this.#goUnder(route.policy, route, input, options, origin);
  }

  #goUnder(
    policy: CallPolicy,
    route: Route,
    input: unknown,
    options: CallOptions,
    origin: CallOrigin | undefined,
  ): Promise<unknown> {
    checkOptions(options);
    return this.guard.run({
      name: route.name,
      target: route.target,
      policy,
      timeoutMs: timeoutOf(options, policy, origin),
      signals: [options.signal, origin?.signal].filter((signal) => signal !== undefined),
      make: (timeoutMs, onAttempt) =>
        this.#make(route, input, { ...options, timeoutMs }, origin, systemClock.monotonicMs(), onAttempt),
      makeInstead: async (text, timeoutMs) => {
        const other = this.#routes.of(text);
        if (!this.#isKnown(other)) await this.#know(other, { timeoutMs });
        const { fallback: _, ...rest } = other.current().policy ?? {};
        return this.#goUnder(rest, other, input, { ...options, timeoutMs }, origin);
      },
    });
  }

  #make(
    route: Route,
    input: unknown,
    options: CallOptions,
    origin: CallOrigin | undefined,
    startedMs: number,
    onAttempt?: (record: AttemptRecord) => void,
  ): Promise<unknown> {
    if (options !== NO_OPTIONS) checkOptions(options);
    if (options.signal?.aborted) throw interrupted(route);
    const deadlineMs = startedMs + timeoutOf(options, route.policy, origin);
    this.#callCount++;
    route.budget.onCall();
    return new Promise((resolve, reject) => {
      const call = new OutgoingCall(this.#attempts, route, input, deadlineMs, resolve, reject);
      call.options = options;
      call.origin = origin;
      call.onAttempt = onAttempt;
      if (options.signal !== undefined) call.heed(options.signal);
      if (origin !== undefined) call.follow(origin);
      call.attempt(startedMs);
    });
  }

  async #openLater(route: Route, stream: OutgoingStream, options: CallOptions): Promise<void> {
    try {
      await this.#know(route, options);
      stream.attempt(systemClock.monotonicMs());
    } catch (error) {
      stream.fail(toMeshError(error));
    }
  }

  /** The agents are known, and so is what its range of versions means. */
  #isKnown(route: Route): boolean {
    return this.#directory.filled && route.isRangeKnown;
  }

  async #know(route: Route, { timeoutMs = limits.requestTimeoutMs }: CallOptions): Promise<void> {
    if (!route.isRangeKnown) await route.knowRange();
    await within(
      this.#directory.fill(),
      Math.min(timeoutMs, limits.requestTimeoutMs),
      () => new MeshError('UNREACHABLE', 'the node of this machine does not answer'),
    );
  }
}

const interrupted = ({ name }: Route) => new MeshError('INTERRUPTED', `${name} was given up by its caller`);
