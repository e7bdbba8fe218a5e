/** The sides of the call rows: a caller process and a callee process each, only the caller's task differs. */
import { fileURLToPath } from 'node:url';
import { BenchMachine } from '../fleets/bench-machine.js';
import { freePorts } from '../fleets/free-ports.js';
import type { Side } from '../measure/row.js';
import { WorkerProcess } from '../work/worker-process.js';
import { startNatsServer } from './event-sides.js';

/** A task of `serveCalling`. */
type Task = 'flood' | 'median' | 'slowest' | 'blobs';

/** What the caller has to do with beside the calls. */
export interface Surroundings {
  /** Instances in the registry, the one that is called among them. */
  readonly known?: number;
  /** Of the caller, on topics that nobody publishes. */
  readonly subscriptions?: number;
}

const CALLEE = fileURLToPath(new URL('../workers/callee-agent.js', import.meta.url));

/** @param telemetry off: no figures of how long actions take, and no mark of a trace on any call */
export async function openNestedCalls(task: Task, telemetry: 'on' | 'off'): Promise<Side> {
  const machine = await BenchMachine.start({ 'bench-callee': CALLEE }, { MESH_TELEMETRY: telemetry });
  return sideOf(task, new WorkerProcess('mesh-nested-caller', [machine.node, telemetry]), machine);
}

/** Agent to agent as an author writes it: look-up, schemas of input and output, and all promises of a call. */
export async function openMeshCalls(task: Task, { known = 1, subscriptions = 0 }: Surroundings = {}): Promise<Side> {
  const machine = await BenchMachine.start({ 'bench-callee': CALLEE });
  const others = known > 1 ? [new WorkerProcess('other-machines', [machine.node, `${known}`])] : [];
  try {
    for (const worker of others) await worker.ask('known');
  } catch (error) {
    for (const part of [...others, machine]) await part.close();
    throw error;
  }
  const caller = new WorkerProcess('mesh-caller', [machine.node, `${subscriptions}`]);
  return sideOf(task, caller, ...others, machine);
}

/** @param caller name of a worker that connects to what listens @param callee of one that listens there */
async function openPeerCalls(task: Task, caller: string, callee: string): Promise<Side> {
  const [port] = await freePorts(1);
  const endpoint = `tcp://127.0.0.1:${port}`;
  const listener = await WorkerProcess.start(callee, [endpoint]);
  return sideOf(task, new WorkerProcess(caller, [endpoint]), listener);
}

export const openDealerCalls = (task: Task) => openPeerCalls(task, 'zeromq-dealer', 'zeromq-router');
export const openReqCalls = (task: Task) => openPeerCalls(task, 'zeromq-request', 'zeromq-router');
export const openDealerBlobs = () => openPeerCalls('blobs', 'zeromq-blob-dealer', 'zeromq-blob-router');
export const openTcpCalls = (task: Task) => openPeerCalls(task, 'tcp-caller', 'tcp-echo');

export async function openMoleculerCalls(task: Task): Promise<Side> {
  // Each is given both: they are told where everybody is instead of asking around by UDP.
  const ports = (await freePorts(2)).map(String);
  return sideOf(task, new WorkerProcess('moleculer-caller', ports), new WorkerProcess('moleculer-callee', ports));
}

export async function openNatsCalls(task: Task): Promise<Side> {
  const { server, address } = await startNatsServer();
  try {
    const responder = await WorkerProcess.start('nats-responder', [address]);
    return sideOf(task, new WorkerProcess('nats-requester', [address]), responder, server);
  } catch (error) {
    await server.close();
    throw error;
  }
}

const sideOf = (task: Task, caller: WorkerProcess, ...rest: { close(): Promise<void> }[]): Side => ({
  measure: (ms) => caller.ask<number>(task, ms),
  close: async () => {
    for (const part of [caller, ...rest]) await part.close();
  },
});
