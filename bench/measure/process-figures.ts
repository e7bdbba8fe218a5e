/** What the kernel says of another process: what it has in memory, and the processor time that it has used. */
import { readFileSync } from 'node:fs';

const MIB = 2 ** 20;

/** Resident memory in megabytes, shared pages counted whole. */
export function rssMbOf(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  if (kib === undefined) throw new Error(`process ${pid} has ended`);
  return (Number(kib) * 1_024) / MIB;
}

/** In user and in kernel mode, of all its threads. */
export function cpuMsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** The kernel counts in hundredths of a second for whoever reads /proc. */
const TICK_MS = 10;
