/**
 * The actions of one agent: the methods of its control socket, what callers may know of them, and what is counted. It has
 * what all of them share: the window of keyed calls, the calls that want to hear of their end, the watch for standstills.
 */
import type { MeshError } from '../../../common/core/errors.js';
import type { Output } from '../../../common/protocol/catalogue.js';
import type { Action } from '../../../common/wire/answering/method-table.js';
import type { ActionDefinition, AgentContext, AgentDefinition } from '../define-agent.js';
import { type ActionCallClass, actionCallClass, type NestedCalls, WatchedCalls } from './action-call.js';
import type { ActionCounts } from './action-figures.js';
import { CallStall } from './call-stall.js';
import { KeyedCalls } from './keyed-calls.js';
import { NO_INPUT } from './no-input.js';
import { type ActionHost, ServedAction } from './served-action.js';

type DescribedAction = Output<'mesh.info'>['actions'][number];

/** For `mesh.info`: what a caller needs to know. */
export const describeActions = ({ actions = {} }: AgentDefinition): DescribedAction[] =>
  Object.entries(actions).map(([name, { description = '', input = NO_INPUT, output = {}, items, idempotent }]) => ({
    name,
    description,
    input,
    output,
    ...(items === undefined ? {} : { items }),
    ...(idempotent === true ? { idempotent } : {}),
  }));

export interface ActionTableOptions {
  readonly agent: string;
  readonly actions: Readonly<Record<string, ActionDefinition>>;
  /** Whether calls are timed. */
  readonly telemetry: boolean;
  /** @throws while no call may run, saying why */
  readonly assertReady: () => void;
  readonly onFailure: ActionHost['onFailure'];
}

export class ActionTable {
  readonly #actions: ReadonlyMap<string, ServedAction>;
  readonly #watched = new WatchedCalls();
  readonly #keyed = new KeyedCalls();
  readonly #stall = new CallStall();
  #callClass: ActionCallClass | undefined;

  constructor(private readonly options: ActionTableOptions) {
    const { agent, actions, telemetry, onFailure } = options;
    const host: ActionHost = {
      agent,
      telemetry,
      stall: this.#stall,
      keyed: this.#keyed,
      callClass: () => this.#readyClass(),
      onFailure,
    };
    const served = Object.entries(actions).map(
      ([name, action]) => [name, new ServedAction(host, name, action)] as const,
    );
    this.#actions = new Map(served);
  }

  /** Calls that want to hear of their end. */
  get watchedCount(): number {
    return this.#watched.size;
  }

  get methods(): [string, Action][] {
    return [...this.#actions].map(([name, action]) => [name, action.method]);
  }

  /** The agent has a context: with it calls can run. */
  open(context: AgentContext, nested: NestedCalls): void {
    this.#callClass = actionCallClass(context, nested, this.#watched);
  }

  /** The regular beat of the agent, `lagMs` late. */
  onBeat(nowMs: number, lagMs: number): void {
    this.#stall.onBeat(nowMs, lagMs);
    this.#keyed.tick(nowMs);
    for (const { figures } of this.#actions.values()) figures.tick();
  }

  /** The agent stops: whoever looks at the signal of its call hears of it. */
  abort(reason: MeshError): void {
    this.#watched.abortAll(reason);
  }

  close(): void {
    this.#stall.close();
    for (const { gate } of this.#actions.values()) gate?.close();
  }

  /** How long the call that waits longest has waited. */
  queueAgeMs(nowMs: number): number {
    return Math.max(0, ...[...this.#actions.values()].map(({ gate }) => gate?.ageMs(nowMs) ?? 0));
  }

  get totals(): { readonly calls: number; readonly failures: number } {
    let calls = 0;
    let failures = 0;
    for (const { figures } of this.#actions.values()) {
      calls += figures.calls;
      failures += figures.failures;
    }
    return { calls, failures };
  }

  /** What was counted of each action that was called. */
  get figures(): Record<string, ActionCounts> {
    const called = [...this.#actions].filter(([, { figures }]) => figures.calls > 0);
    return Object.fromEntries(
      called.map(([name, { figures, gate }]) => [name, figures.counts(gate?.waitingCount ?? 0)]),
    );
  }

  get counters(): Record<string, number> {
    return { ...this.#keyed.counters, stalls: this.#stall.stallCount };
  }

  #readyClass(): ActionCallClass {
    this.options.assertReady();
    if (this.#callClass === undefined) throw new Error('ready before it was opened');
    return this.#callClass;
  }
}
