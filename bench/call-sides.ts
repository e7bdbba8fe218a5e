/** The two sides of the call rows: a caller process and a callee process each, only the caller's task differs. */
import { fileURLToPath } from 'node:url';
import { BenchMachine } from './bench-machine.js';
import { freePorts } from './free-ports.js';
import type { Side } from './row.js';
import { WorkerProcess } from './worker-process.js';

type Task = 'flood' | 'serial';

/** Agent to agent as an author writes it: look-up, schemas of input and output, and all promises of a call. */
export async function openMeshCalls(task: Task): Promise<Side> {
  const callee = fileURLToPath(new URL('./workers/callee-agent.js', import.meta.url));
  const machine = await BenchMachine.start({ 'bench-callee': callee });
  return sideOf(task, new WorkerProcess('mesh-caller', [machine.node]), machine);
}

/** @param caller name of a worker that calls a ROUTER. */
export async function openZeromqCalls(task: Task, caller: string): Promise<Side> {
  const [port] = await freePorts(1);
  const endpoint = `tcp://127.0.0.1:${port}`;
  return sideOf(task, new WorkerProcess(caller, [endpoint]), new WorkerProcess('zeromq-router', [endpoint]));
}

const sideOf = (task: Task, caller: WorkerProcess, callee: { close(): Promise<void> }): Side => ({
  measure: (ms) => caller.ask<number>(task, ms),
  close: async () => {
    await caller.close();
    await callee.close();
  },
});
