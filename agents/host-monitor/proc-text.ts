/** What Linux says of itself in /proc, as numbers. Pure; undefined where a text is not what it should be. */

/** Jiffies since the machine started. */
export interface CpuTimes {
  readonly busy: number;
  readonly total: number;
}

/** The first line of /proc/stat: `cpu user nice system idle iowait irq softirq steal …`. Waiting for a disk is idle. */
export function parseCpuTimes(text: string): CpuTimes | undefined {
  const [label, ...fields] = text.slice(0, text.indexOf('\n')).trim().split(/\s+/);
  const times = fields.slice(0, 8).map(Number); // what follows (guest time) is contained in user
  const [, , , idle, iowait = 0] = times;
  if (label !== 'cpu' || idle === undefined || times.some((time) => !Number.isFinite(time))) return undefined;
  const total = times.reduce((sum, time) => sum + time, 0);
  return { busy: total - idle - iowait, total };
}

export interface MemoryBytes {
  readonly total: number;
  readonly available: number;
}

/** /proc/meminfo. Available is the kernel's own estimate of what can be had without swapping. */
export function parseMeminfo(text: string): MemoryBytes | undefined {
  const bytesOf = (key: string): number | undefined => {
    const kib = new RegExp(`^${key}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1];
    return kib === undefined ? undefined : Number(kib) * 1_024;
  };
  const total = bytesOf('MemTotal');
  const available = bytesOf('MemAvailable');
  return total === undefined || available === undefined ? undefined : { total, available };
}

/** The mean number of processes that ran or waited, of the last minute: the first field of /proc/loadavg. */
export function parseLoad1(text: string): number | undefined {
  const load = Number.parseFloat(text);
  return Number.isFinite(load) && load >= 0 ? load : undefined;
}

/** How busy the processors were between two readings, in percent; 0 when no time has passed. */
export function cpuPercentBetween(before: CpuTimes, now: CpuTimes): number {
  const total = now.total - before.total;
  return total <= 0 ? 0 : Math.min(100, Math.max(0, ((now.busy - before.busy) / total) * 100));
}
