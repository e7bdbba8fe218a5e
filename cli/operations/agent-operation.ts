/**
 * Starting, stopping or restarting agents: the request to the node, and what becomes of it. Each agent is followed by
 * itself, and told the moment it is done: one that takes its time delays no other.
 */
import { delay, systemClock } from '../../common/core/clock.js';
import { toMeshError } from '../../common/core/errors.js';
import { limits } from '../../common/core/limits.js';
import type { FleetAccess } from '../fleet/fleet-access.js';
import { ProcessWatch } from '../fleet/process-watch.js';
import { briefEnd, LINES_ASKED } from '../logs/log-line.js';
import type { AgentTarget } from './agent-targets.js';
import { type Begun, type ObservedAgent, type Operation, standingOf, whyLate } from './operation-standing.js';

/** What became of one agent. */
export interface OperationResult {
  readonly machine: string;
  readonly agent: string;
  readonly instance: string;
  readonly state: string;
  /** Null while there is no process. */
  readonly pid: number | null;
  /** How long it took. */
  readonly ms: number;
  /** False when it was not even asked for: another one had failed. */
  readonly begun: boolean;
  readonly ok: boolean;
  /** Why not; empty when it is done. */
  readonly why: string;
  /** The end of its output, where that may say why. */
  readonly lastLines: readonly string[];
}

export interface OperationOptions {
  readonly operation: Operation;
  readonly access: FleetAccess;
  readonly signal: AbortSignal;
  /** Until it is done; else only until it has begun. */
  readonly waits: boolean;
  /** Instead of the time that the agent's own configuration allows. */
  readonly timeoutMs: number | undefined;
  /** It is not done yet: said once for each, when that takes longer than one expects. */
  readonly onWaiting: (target: AgentTarget, state: string, timeoutMs: number) => void;
}

/** What the node answered. */
interface Accepted extends Begun {
  readonly state: ObservedAgent['state'];
}

/** Beyond the agent's own times: for the node, and for its place in the launch. */
const MARGIN_MS = 10_000;
/** A person begins to wonder. */
const WONDER_MS = 2_000;

export class AgentOperations {
  readonly #watches = new Map<string, ProcessWatch>();

  constructor(private readonly options: OperationOptions) {}

  /** Never throws: whatever happens is in the result. */
  async run(target: AgentTarget): Promise<OperationResult> {
    const sinceMs = systemClock.monotonicMs();
    const resultOf = (row: ObservedAgent | undefined, why = '', lastLines: readonly string[] = []) => {
      const { agent, instance, machine } = target;
      const { state = 'unknown', pid = 0 } = row ?? {};
      const ms = Math.round(systemClock.monotonicMs() - sinceMs);
      const ok = why === '';
      return {
        machine: machine.name,
        agent,
        instance,
        state,
        pid: pid > 0 ? pid : null,
        ms,
        begun: true,
        ok,
        why,
        lastLines,
      };
    };
    let begun: Accepted;
    try {
      begun = await this.#begin(target);
    } catch (error) {
      const { message, hint } = toMeshError(error);
      return resultOf(target.row, hint === undefined ? message : `${message}; ${hint}`);
    }
    if (!this.options.waits) return resultOf({ ...NO_ROW, ...target.row, state: begun.state });
    const { row, why } = await this.#follow(target, begun, sinceMs);
    return resultOf(row, why, why === '' ? [] : await this.#lastLinesOf(target));
  }

  async #begin({ machine, agent, row }: AgentTarget): Promise<Accepted> {
    const node = await this.options.access.node(machine);
    const { signal, operation } = this.options;
    const { epoch, state } = await node.request(`node.${operation}`, { agent }, { signal });
    return { epoch, state, restarts: row?.restarts ?? 0 };
  }

  /** Until it is done, has failed, or its time is over. */
  async #follow(target: AgentTarget, begun: Begun, sinceMs: number) {
    const { operation, signal, timeoutMs = defaultTimeoutMs(operation, target), onWaiting } = this.options;
    const outOfTime = AbortSignal.timeout(timeoutMs);
    let row: ObservedAgent | undefined = target.row;
    let why: string | undefined;
    const wonder = new AbortController();
    delay(WONDER_MS, AbortSignal.any([signal, wonder.signal])).then(
      () => onWaiting(target, row?.state ?? 'unknown', timeoutMs),
      () => undefined,
    );
    await this.#watchOf(target).follow(
      target.agent,
      (seen) => {
        row = seen;
        const standing = standingOf(operation, begun, seen);
        if (standing.kind !== 'pending') why = standing.kind === 'failed' ? standing.why : '';
        return standing.kind !== 'pending';
      },
      AbortSignal.any([signal, outOfTime]),
    );
    wonder.abort();
    return { row, why: why ?? whyLate(operation, row, systemClock.monotonicMs() - sinceMs) };
  }

  #watchOf({ machine }: AgentTarget): ProcessWatch {
    const known = this.#watches.get(machine.name);
    if (known !== undefined) return known;
    const watch = new ProcessWatch(machine, this.options.access, this.options.signal);
    this.#watches.set(machine.name, watch);
    return watch;
  }

  async #lastLinesOf({ machine, agent }: AgentTarget): Promise<readonly string[]> {
    try {
      const node = await this.options.access.node(machine);
      return briefEnd((await node.request('node.logs', { agent, last: LINES_ASKED })).lines);
    } catch {
      return []; // they only help
    }
  }
}

const NO_ROW = { pid: 0, epoch: 0, restarts: 0, why: '' };

function defaultTimeoutMs(operation: Operation, { machine, agent }: AgentTarget): number {
  const spec = machine.agents.find(({ name }) => name === agent);
  const graceMs = spec?.stopGraceMs ?? limits.stopGraceMs;
  const readyMs = spec?.readyTimeoutMs ?? limits.readyTimeoutMs;
  return MARGIN_MS + (operation === 'start' ? readyMs : operation === 'stop' ? graceMs : graceMs + readyMs);
}
