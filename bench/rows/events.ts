/** Publish → broker → one subscriber, its handler called per event with the decoded body; nothing may be lost. */
import type { ArrivedRun } from '../arriving.js';
import { BenchMachine } from '../bench-machine.js';
import { freePorts } from '../free-ports.js';
import type { PublishedRun } from '../publishing.js';
import type { RatioRow, Side } from '../row.js';
import { WorkerProcess } from '../worker-process.js';

export const events: RatioRow = {
  kind: 'ratio',
  name: 'events',
  title: 'publish → broker → one subscriber',
  unit: 'events/s',
  better: 'more',
  peerName: 'zeromq.js PUB → Proxy → SUB, one message per send',
  goal: 12,
  openOurs: async () => {
    const machine = await BenchMachine.start();
    const { node } = machine;
    return openSide(new WorkerProcess('mesh-publisher', [node]), new WorkerProcess('mesh-subscriber', [node]), machine);
  },
  openPeer: async () => {
    const [publish, subscribe] = (await freePorts(2)).map((port) => `tcp://127.0.0.1:${port}`);
    const proxy = new WorkerProcess('zeromq-proxy', [`${publish}`, `${subscribe}`]);
    const publisher = new WorkerProcess('zeromq-publisher', [`${publish}`]);
    return openSide(publisher, new WorkerProcess('zeromq-subscriber', [`${subscribe}`]), proxy);
  },
};

async function openSide(
  publisher: WorkerProcess,
  subscriber: WorkerProcess,
  broker: { close(): Promise<void> },
): Promise<Side> {
  const close = async () => {
    for (const part of [publisher, subscriber, broker]) await part.close();
  };
  subscriber.onNews = (count) => publisher.tell(count);
  try {
    await Promise.all([publisher.ask('reach'), subscriber.ask('reached')]);
  } catch (error) {
    await close();
    throw error;
  }
  let countBefore = 0;
  const measure = async (ms: number): Promise<number> => {
    const { startMs, publishedCount } = await publisher.ask<PublishedRun>('publish', ms);
    const { endMs } = await subscriber.ask<ArrivedRun>('arrived', publishedCount);
    const count = publishedCount - countBefore;
    countBefore = publishedCount;
    return (count / (endMs - startMs)) * 1_000;
  };
  return { measure, close };
}
