import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { HostConfig } from '../../agents/host-monitor/host-config.js';
import { HostMonitor } from '../../agents/host-monitor/host-monitor.js';
import { HostSample, HostSampler } from '../../agents/host-monitor/host-sampler.js';
import { compile } from '../../common/protocol/schema.js';
import { expectRejection } from '../support/expect-error.js';
import { FakeContext } from '../support/fakes/fake-context.js';
import { useTempFolder } from '../support/temp-folder.js';

const sampleSchema = compile<HostSample>(HostSample);
const configSchema = compile<HostConfig>(HostConfig);
const contextWith = (config: object) =>
  new FakeContext({ config: configSchema.assert(config, 'the configuration', 'CONFIG_INVALID'), machine: 'pc2' });

/** A machine that fares as the test says. */
class FakeHost {
  values: Partial<HostSample> = {};
  failure: Error | undefined;

  async sample(): Promise<HostSample> {
    if (this.failure !== undefined) throw this.failure;
    return {
      cpuPercent: 1,
      memoryPercent: 1,
      memoryTotalBytes: 1,
      diskPercent: 1,
      load1: 0,
      loadPerCore: 0,
      cores: 1,
      uptimeMs: 1,
      ...this.values,
    };
  }
}

describe('the sampler of a host', () => {
  const folder = useTempFolder();

  it('samples this machine', async () => {
    const sample = await new HostSampler({ diskPath: '/' }).sample();
    sampleSchema.assert(sample, 'the sample');
    for (const percent of [sample.cpuPercent, sample.memoryPercent, sample.diskPercent])
      expect(percent).to.be.within(0, 100);
    expect(sample.memoryTotalBytes).to.be.greaterThan(1_000_000);
    expect(sample.cores).to.be.at.least(1);
  });

  it('computes processor use between one sample and the next', async () => {
    const proc = folder.path;
    const write = (file: string, text: string) => writeFileSync(join(proc, file), text);
    write('meminfo', 'MemTotal: 1000 kB\nMemAvailable: 250 kB\n');
    write('loadavg', '2.00 1 1 1/1 1\n');
    write('stat', 'cpu 10 0 0 90 0 0 0 0\n');
    const sampler = new HostSampler({ diskPath: '/', procFolder: proc });
    expect(await sampler.sample()).to.include({ cpuPercent: 10, memoryPercent: 75, load1: 2 });
    write('stat', 'cpu 60 0 0 140 0 0 0 0\n');
    expect(await sampler.sample()).to.include({ cpuPercent: 50 });
  });

  it('asks Node where the kernel does not speak so', async () => {
    const proc = join(folder.path, 'proc');
    mkdirSync(join(proc, 'stat'), { recursive: true });
    sampleSchema.assert(await new HostSampler({ diskPath: '/', procFolder: proc }).sample(), 'the sample');
  });
});

describe('a host monitor', () => {
  const host = new FakeHost();
  beforeEach(() => {
    host.values = {};
    host.failure = undefined;
  });

  const monitorOf = (context: FakeContext<HostConfig>) => {
    const monitor = new HostMonitor(context, host);
    const sampled = async (values: Partial<HostSample>) => {
      host.values = values;
      await (await monitor.tick()).told;
    };
    return { monitor, sampled };
  };

  it('publishes every sample under the name of its machine, and keeps the latest', async () => {
    const context = contextWith({});
    const { monitor, sampled } = monitorOf(context);
    await sampled({ cpuPercent: 12.5 });
    expect(context.published).to.deep.equal([{ topic: 'host.pc2.metrics', body: monitor.latest }]);
    expect(monitor.latest).to.include({ cpuPercent: 12.5 });
  });

  it('reports once that a threshold is crossed and once that it clears', async () => {
    const context = contextWith({ thresholds: { cpuPercent: 90 }, sustainCount: 2 });
    const { sampled } = monitorOf(context);
    for (const cpuPercent of [95, 96, 97, 98, 40, 40, 40]) await sampled({ cpuPercent, memoryPercent: 100 });
    expect(context.store.reports).to.deep.equal([
      {
        code: 'HOST_THRESHOLD_EXCEEDED',
        message: 'cpuPercent on pc2 is 96, at or over its threshold of 90',
        severity: 'warning',
        component: 'host',
        context: { metric: 'cpuPercent', value: 96, threshold: 90, clearBelow: 85.5 },
      },
      {
        code: 'HOST_THRESHOLD_CLEARED',
        message: 'cpuPercent on pc2 is back to 40, under its threshold of 90',
        severity: 'info',
        component: 'host',
        context: { metric: 'cpuPercent', value: 40, threshold: 90, clearBelow: 85.5 },
      },
    ]);
  });

  it('reports each metric on its own', async () => {
    const thresholds = { cpuPercent: 50, memoryPercent: 50, diskPercent: 50, loadPerCore: 1 };
    const context = contextWith({ thresholds, sustainCount: 1 });
    await monitorOf(context).sampled({ cpuPercent: 60, memoryPercent: 60, diskPercent: 60, loadPerCore: 2 });
    const metrics = context.store.reports.map((report) => report.context?.['metric']);
    expect(metrics).to.have.members(['cpuPercent', 'memoryPercent', 'diskPercent', 'loadPerCore']);
  });

  it('reports again what the journal refused', async () => {
    const context = contextWith({ thresholds: { cpuPercent: 90 }, sustainCount: 1 });
    const { sampled } = monitorOf(context);
    context.store.faults.push('refuse');
    await sampled({ cpuPercent: 95 });
    expect(context.store.reports).to.deep.equal([]);
    await sampled({ cpuPercent: 96 });
    expect(context.store.reports.map(({ code }) => code)).to.deep.equal(['HOST_THRESHOLD_EXCEEDED']);
  });

  it('reports that it cannot sample, once, and when it can again; and lives on', async () => {
    const context = contextWith({});
    const { sampled } = monitorOf(context);
    host.failure = new Error('no such file system');
    await sampled({});
    await sampled({});
    host.failure = undefined;
    await sampled({});
    const codes = context.store.reports.map(({ code }) => code);
    expect(codes).to.deep.equal(['HOST_SAMPLE_FAILED', 'HOST_SAMPLE_RECOVERED']);
    expect(context.published).to.have.length(1);
  });

  it('refuses to start with a disk path that is not there', async () => {
    const context = contextWith({ diskPath: '/nowhere/at/all' });
    const error = await expectRejection('CONFIG_INVALID', new HostMonitor(context).open());
    expect(error.message).to.include('/nowhere/at/all');
  });
});
