/** One look at the machine at a time: samples it, publishes the sample, and raises or clears the alarm of each threshold. */
import { resolve } from 'node:path';
import { MeshError, messageOf } from '../../common/core/errors.js';
import { Alarm } from '../sdk/alarm.js';
import type { AgentContext } from '../sdk/define-agent.js';
import { type HostConfig, type Metric, metrics } from './host-config.js';
import { type HostSample, HostSampler } from './host-sampler.js';
import { NORMAL, step, type Threshold, type ThresholdState } from './threshold.js';

interface Watched extends Threshold {
  readonly metric: Metric;
  readonly alarm: Alarm;
  state: ThresholdState;
}

export class HostMonitor {
  latest: HostSample | undefined;
  readonly #watched: readonly Watched[];
  readonly #samplingAlarm: Alarm;

  constructor(
    private readonly context: AgentContext<HostConfig>,
    private readonly sampler: Pick<HostSampler, 'sample'> = new HostSampler({
      diskPath: resolve(context.home, context.config.diskPath),
    }),
  ) {
    const { thresholds, sustainCount, clearMarginPercent } = context.config;
    this.#samplingAlarm = new Alarm(context);
    this.#watched = metrics.flatMap((metric) => {
      const limit = thresholds[metric];
      if (limit === undefined) return [];
      const clearBelow = limit * (1 - clearMarginPercent / 100);
      return [{ metric, limit, clearBelow, sustainCount, alarm: new Alarm(context), state: NORMAL }];
    });
  }

  /** @throws CONFIG_INVALID when the disk cannot be asked */
  async open(): Promise<void> {
    try {
      this.latest = await this.sampler.sample();
    } catch (error) {
      const { diskPath } = this.context.config;
      throw new MeshError('CONFIG_INVALID', `the file system of ${diskPath} cannot be sampled: ${messageOf(error)}`, {
        hint: 'set diskPath of host-monitor to a path that exists',
        cause: error,
      });
    }
  }

  /** One round. @returns when what had to be told is told; the pace of sampling need not wait for it. */
  async tick(): Promise<{ readonly told: Promise<unknown> }> {
    let sample: HostSample;
    try {
      sample = await this.sampler.sample();
    } catch (error) {
      return { told: this.#tellSampling(error) };
    }
    this.latest = sample;
    this.context.publish(`host.${this.context.machine}.metrics`, sample);
    const told = this.#watched.map((watched) => this.#judge(watched, sample[watched.metric]));
    return { told: Promise.all([...told, this.#tellSampling()]) };
  }

  #judge(watched: Watched, value: number): Promise<void> {
    const { metric, limit, clearBelow, alarm } = watched;
    watched.state = step(watched.state, value, watched);
    const isExceeded = watched.state.kind === 'exceeded';
    const where = `on ${this.context.machine}`;
    return alarm.update(isExceeded, () => ({
      code: isExceeded ? 'HOST_THRESHOLD_EXCEEDED' : 'HOST_THRESHOLD_CLEARED',
      severity: isExceeded ? 'warning' : 'info',
      component: 'host',
      message: isExceeded
        ? `${metric} ${where} is ${value}, at or over its threshold of ${limit}`
        : `${metric} ${where} is back to ${value}, under its threshold of ${limit}`,
      context: { metric, value, threshold: limit, clearBelow },
    }));
  }

  #tellSampling(error?: unknown): Promise<void> {
    const { diskPath } = this.context.config;
    return this.#samplingAlarm.update(error !== undefined, () => ({
      code: error === undefined ? 'HOST_SAMPLE_RECOVERED' : 'HOST_SAMPLE_FAILED',
      severity: error === undefined ? 'info' : 'error',
      component: 'host',
      message:
        error === undefined
          ? `${this.context.machine} can be sampled again`
          : `${this.context.machine} cannot be sampled: ${messageOf(error)}`,
      context: { diskPath },
    }));
  }
}
