/**
 * Reads how the machine fares: from /proc where there is one, from Node elsewhere. Processor use is that since the
 * sample before; the first one is the mean since the machine started.
 */
import { readFile, statfs } from 'node:fs/promises';
import { cpus, freemem, loadavg, totalmem, uptime } from 'node:os';
import { join } from 'node:path';
import { systemCodeOf } from '../../common/core/errors.js';
import { type Static, Type } from '../../common/protocol/type.js';
import {
  type CpuTimes,
  cpuPercentBetween,
  type MemoryBytes,
  parseCpuTimes,
  parseLoad1,
  parseMeminfo,
} from './proc-text.js';

export const HostSample = Type.Object(
  {
    cpuPercent: Type.Number(),
    memoryPercent: Type.Number(),
    memoryTotalBytes: Type.Number(),
    diskPercent: Type.Number({ description: 'of the file system of diskPath, as df computes it' }),
    load1: Type.Number(),
    loadPerCore: Type.Number(),
    cores: Type.Integer(),
    uptimeMs: Type.Integer(),
  },
  { additionalProperties: false },
);
export type HostSample = Static<typeof HostSample>;

export interface HostSamplerOptions {
  /** Any path on the file system to watch. */
  readonly diskPath: string;
  /** Where the kernel speaks; another folder in tests. */
  readonly procFolder?: string;
}

export class HostSampler {
  #cpu: CpuTimes = { busy: 0, total: 0 };
  readonly #proc: string;

  constructor(private readonly options: HostSamplerOptions) {
    this.#proc = options.procFolder ?? '/proc';
  }

  /** @throws the system's error when the file system of `diskPath` cannot be asked */
  async sample(): Promise<HostSample> {
    const [cpu, memory, load1, diskPercent] = await Promise.all([
      this.#read('stat', parseCpuTimes, cpuTimesOfNode),
      this.#read('meminfo', parseMeminfo, memoryOfNode),
      this.#read('loadavg', parseLoad1, () => loadavg()[0] ?? 0),
      diskPercentOf(this.options.diskPath),
    ]);
    const cpuPercent = cpuPercentBetween(this.#cpu, cpu);
    this.#cpu = cpu;
    const cores = Math.max(1, cpus().length);
    return {
      cpuPercent: rounded(cpuPercent),
      memoryPercent: rounded((1 - memory.available / memory.total) * 100),
      memoryTotalBytes: memory.total,
      diskPercent: rounded(diskPercent),
      load1: rounded(load1),
      loadPerCore: rounded(load1 / cores),
      cores,
      uptimeMs: Math.round(uptime() * 1_000),
    };
  }

  async #read<T>(file: string, parse: (text: string) => T | undefined, otherwise: () => T): Promise<T> {
    try {
      return parse(await readFile(join(this.#proc, file), 'utf8')) ?? otherwise();
    } catch (error) {
      if (systemCodeOf(error) === undefined) throw error;
      return otherwise();
    }
  }
}

/** Used of what an ordinary user could use: the blocks kept for root count as neither. */
async function diskPercentOf(path: string): Promise<number> {
  const { blocks, bfree, bavail } = await statfs(path);
  const used = blocks - bfree;
  return used + bavail === 0 ? 0 : (used / (used + bavail)) * 100;
}

function cpuTimesOfNode(): CpuTimes {
  const sums = { busy: 0, total: 0 };
  for (const { times } of cpus()) {
    const busy = times.user + times.nice + times.sys + times.irq;
    sums.busy += busy;
    sums.total += busy + times.idle;
  }
  return sums;
}

const memoryOfNode = (): MemoryBytes => ({ total: totalmem(), available: freemem() });

const rounded = (value: number): number => Math.round(value * 100) / 100;
