/**
 * Asks all targets, a bounded number at a time, publishes every result as `probe.<name>.result`, and reports the first
 * failure of a target and its recovery, not every failure in between.
 */
import { type Clock, systemClock } from '../../common/core/clock.js';
import { MeshError } from '../../common/core/errors.js';
import { Alarm } from '../sdk/alarm.js';
import type { AgentContext } from '../sdk/define-agent.js';
import { type ProbeResult, probe } from './probe.js';
import { type ProbeConfig, type Target, targetsOf } from './probe-config.js';

interface Watched {
  readonly target: Target;
  readonly alarm: Alarm;
}

export interface Probed {
  readonly result: ProbeResult;
  /** When what had to be told is told; probing need not wait for it. */
  readonly told: Promise<void>;
}

export class Prober {
  readonly #watched: ReadonlyMap<string, Watched>;

  /** @throws CONFIG_INVALID for a target that cannot be one */
  constructor(
    private readonly context: AgentContext<ProbeConfig>,
    private readonly clock: Clock = systemClock,
  ) {
    this.#watched = new Map(
      targetsOf(context.config).map((target) => [target.name, { target, alarm: new Alarm(context) }]),
    );
  }

  /** One round over all targets. */
  async checkAll(): Promise<Probed[]> {
    const waiting = [...this.#watched.values()];
    const probed: Probed[] = [];
    const worker = async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        if (this.context.signal.aborted) return;
        probed.push(await this.#check(next));
      }
    };
    await Promise.all(Array.from({ length: this.context.config.concurrency }, worker));
    return probed;
  }

  /** One target, now. @throws NOT_FOUND */
  async check(name: string): Promise<ProbeResult> {
    const watched = this.#watched.get(name);
    if (watched === undefined) {
      throw new MeshError('NOT_FOUND', `http-probe has no target ${name}`, {
        hint: `its targets: ${[...this.#watched.keys()].join(', ').slice(0, 500)}`,
      });
    }
    return (await this.#check(watched)).result;
  }

  async #check({ target, alarm }: Watched): Promise<Probed> {
    const { config, signal } = this.context;
    const result = await probe(target, { timeoutMs: config.timeoutMs, signal, clock: this.clock });
    // What failed because the agent is ending says nothing about the target.
    if (signal.aborted && !result.ok) return { result, told: Promise.resolve() };
    this.context.publish(`probe.${target.name}.result`, result);
    const told = alarm.update(!result.ok, () => ({
      code: result.ok ? 'PROBE_RECOVERED' : 'PROBE_FAILED',
      severity: result.ok ? 'info' : 'error',
      component: 'probe',
      message: result.ok
        ? `${target.name} answers again at ${target.address}`
        : `${target.name} failed at ${target.address}: ${result.error}`,
      context: { ...result, address: target.address },
    }));
    return { result, told };
  }
}
