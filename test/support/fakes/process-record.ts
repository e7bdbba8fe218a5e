/** A row of the table of processes, for tests that care about a few of its fields. */
import type { ProcessRecord } from '../../../common/journal/processes/process-store.js';

export const processRecord = (changes: Partial<ProcessRecord> = {}): ProcessRecord => ({
  agent: 'echo',
  wanted: true,
  state: 'ready',
  sinceMs: 1_000,
  why: '',
  epoch: 7,
  pid: 4_711,
  startTicks: 5_000,
  bootId: 'boot',
  startedMs: 900,
  restarts: 0,
  crashes: 0,
  starts: [],
  lastExit: '',
  planHash: 'plan',
  attachment: { control: 'tcp://127.0.0.1:9', version: '1', capabilities: [], actions: ['say'] },
  ...changes,
});
