/** The sides of the event rows: one publisher, a broker, and subscribers in processes of their own. */

import { BenchMachine } from '../fleets/bench-machine.js';
import { freePorts } from '../fleets/free-ports.js';
import type { Side } from '../measure/row.js';
import type { ArrivedRun } from '../work/arriving.js';
import type { PublishedRun } from '../work/publishing.js';
import { WorkerProcess } from '../work/worker-process.js';

/** How many subscribers, and how many processes they share. */
export interface Audience {
  readonly processes: number;
  /** In each process; every one is told each event. */
  readonly handlers: number;
  /** Subscriptions of each process on topics that nobody publishes. */
  readonly others?: number;
}

const ONE: Audience = { processes: 1, handlers: 1 };

export async function openMeshEvents(audience = ONE): Promise<Side> {
  const machine = await BenchMachine.start();
  const { node } = machine;
  const publisher = new WorkerProcess('mesh-publisher', [node]);
  return openEventSide(publisher, subscribersOf('mesh-subscriber', node, audience), machine);
}

export async function openZeromqEvents(): Promise<Side> {
  const [publish = '', subscribe = ''] = (await freePorts(2)).map((port) => `tcp://127.0.0.1:${port}`);
  const proxy = new WorkerProcess('zeromq-proxy', [publish, subscribe]);
  const publisher = new WorkerProcess('zeromq-publisher', [publish]);
  return openEventSide(publisher, subscribersOf('zeromq-subscriber', subscribe, ONE), proxy);
}

/** @param subscriber name of a worker: how a process shares out what it is told. */
export async function openNatsEvents(subscriber = 'nats-subscriber', audience = ONE): Promise<Side> {
  const { server, address } = await startNatsServer();
  const publisher = new WorkerProcess('nats-publisher', [address]);
  return openEventSide(publisher, subscribersOf(subscriber, address, audience), server);
}

export async function startNatsServer(
  kind: 'events' | 'stored' = 'events',
): Promise<{ readonly server: WorkerProcess; readonly address: string }> {
  const [port] = await freePorts(1);
  // A client gives up where nobody listens yet.
  return { server: await WorkerProcess.start('nats-server', [`${port}`, kind]), address: `127.0.0.1:${port}` };
}

const subscribersOf = (worker: string, address: string, { processes, handlers, others = 0 }: Audience) =>
  Array.from({ length: processes }, () => new WorkerProcess(worker, [address, `${handlers}`, `${others}`]));

export async function openEventSide(
  publisher: WorkerProcess,
  subscribers: readonly WorkerProcess[],
  broker: { close(): Promise<void> },
): Promise<Side> {
  const close = async () => {
    for (const part of [publisher, ...subscribers, broker]) await part.close();
  };
  passSlowest(subscribers, publisher);
  try {
    await Promise.all([publisher.ask('reach'), ...subscribers.map((subscriber) => subscriber.ask('reached'))]);
  } catch (error) {
    await close();
    throw error;
  }
  let countBefore = 0;
  const measure = async (ms: number): Promise<number> => {
    const { startMs, publishedCount } = await publisher.ask<PublishedRun>('publish', ms);
    const arrivals = await Promise.all(
      subscribers.map((subscriber) => subscriber.ask<ArrivedRun>('arrived', publishedCount)),
    );
    const count = publishedCount - countBefore;
    countBefore = publishedCount;
    return (count / (Math.max(...arrivals.map(({ endMs }) => endMs)) - startMs)) * 1_000;
  };
  return { measure, close };
}

/** The publisher is told how far the slowest has counted, once all have said something. */
function passSlowest(subscribers: readonly WorkerProcess[], publisher: WorkerProcess): void {
  const counts = subscribers.map(() => -1);
  let passed = -1;
  subscribers.forEach((subscriber, i) => {
    subscriber.onNews = (count) => {
      counts[i] = count;
      const slowest = Math.min(...counts);
      if (slowest <= passed) return;
      passed = slowest;
      publisher.tell(slowest);
    };
  });
}
