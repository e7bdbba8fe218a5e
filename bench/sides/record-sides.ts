/** The sides of the record rows: emitters, the store, and whoever reads it. */
import { BenchMachine } from '../fleets/bench-machine.js';
import { BenchPair } from '../fleets/bench-pair.js';
import type { Side } from '../measure/row.js';
import { IN_FLIGHT } from '../work/pace.js';
import { WorkerProcess } from '../work/worker-process.js';
import { openEventSide, startNatsServer } from './event-sides.js';

/** A task of `serveEmitting`. */
type Task = 'flood' | 'median';

/** Emitters of one machine that is main, so whatever they emit goes on into its log meanwhile. */
export async function openMeshEmitting(task: Task, emitters = 1): Promise<Side> {
  const machine = await BenchMachine.start();
  const args = [machine.node, `${IN_FLIGHT}`];
  return sideOf(
    task,
    Array.from({ length: emitters }, () => new WorkerProcess('mesh-emitter', args)),
    machine,
  );
}

export async function openJetStreamPublishing(): Promise<Side> {
  const { server, address } = await startNatsServer('stored');
  return sideOf('flood', [new WorkerProcess('jetstream-publisher', [address, `${IN_FLIGHT}`])], server);
}

export const openBareCommits = async (): Promise<Side> => sideOf('median', [new WorkerProcess('bare-commits')]);

/** Emitted on pc2, stored there, stored on main, told to a consumer there. */
export async function openMeshRecords(): Promise<Side> {
  const pair = await BenchPair.start();
  const emitter = new WorkerProcess('mesh-record-publisher', [pair.pc2.node]);
  return openEventSide(emitter, [new WorkerProcess('mesh-record-consumer', [pair.main.node])], pair);
}

/** Floods add up; times are of one. */
const sideOf = (task: Task, emitters: readonly WorkerProcess[], ...rest: { close(): Promise<void> }[]): Side => ({
  measure: async (ms) => {
    const figures = await Promise.all(emitters.map((emitter) => emitter.ask<number>(task, ms)));
    return figures.reduce((sum, figure) => sum + figure, 0);
  },
  close: async () => {
    for (const part of [...emitters, ...rest]) await part.close();
  },
});
