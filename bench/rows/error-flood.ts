/**
 * A million times the same error within a minute on pc2: from one process, from 22 at once, and while the link is cut for a
 * third of the time. Each flood is one group with the exact number on main, or the run is not valid.
 */

import { MeshClient } from '../../agents/sdk/mesh-client.js';
import { delay } from '../../common/core/clock.js';
import { BenchPair } from '../fleets/bench-pair.js';
import { rssMbOf } from '../measure/process-figures.js';
import type { BoundRow, Side, Size } from '../measure/row.js';
import { WorkerProcess } from '../work/worker-process.js';

interface Load {
  readonly count: number;
  readonly floodMs: number;
}

const WHOLE: Load = { count: 1_000_000, floodMs: 60_000 };
const QUICK: Load = { count: 2_000, floodMs: 300 };
/** Connections are made and code is compiled. */
const WARM_UP: Load = { count: 20_000, floodMs: 2_000 };
const REPORTERS = { whole: 22, quick: 2 } as const;
/** After its end a flood's last count is told within the longest time between two, and a cut link is found to be back. */
const TOLD_MS = 60_000;
const LOOK_MS = 100;

export const errorFlood: BoundRow = {
  kind: 'bound',
  name: 'error-flood',
  title: 'a million of one error in a minute on pc2: batches of records on the link, at most',
  unit: 'messages',
  bound: 20,
  openOurs: (size) => openFlood(size, ({ messageCount }) => messageCount),
};

export const errorFloodMemory: BoundRow = {
  kind: 'bound',
  name: 'error-flood-memory',
  title: "growth of the resident memory of main's broker meanwhile, at most",
  unit: 'MB',
  bound: 20,
  openOurs: (size) => openFlood(size, ({ growthMb }) => growthMb),
};

interface Figures {
  readonly messageCount: number;
  readonly growthMb: number;
}

async function openFlood(size: Size, figureOf: (figures: Figures) => number): Promise<Side> {
  const pair = await BenchPair.start();
  const names = Array.from({ length: REPORTERS[size] }, (_, i) => `reporter-${i + 1}`);
  const reporters = names.map((name) => new WorkerProcess('mesh-error-reporter', [pair.pc2.node, name]));
  const parts: { close(): Promise<void> }[] = [...reporters, pair];
  const close = async () => {
    for (const part of parts) await part.close();
  };
  try {
    await Promise.all(reporters.map((reporter) => reporter.ask('ready')));
    const main = await MeshClient.connect({ node: pair.main.node, name: 'bench-main' });
    parts.unshift(main);
    const pc2 = await MeshClient.connect({ node: pair.pc2.node, name: 'bench-pc2' });
    parts.unshift(pc2);
    const floods = new Floods(pair, main, pc2, reporters);
    if (size === 'whole') await floods.all(WARM_UP);
    const measure = async () => figureOf(await floods.all(size === 'whole' ? WHOLE : QUICK));
    return { measure: onceWarm(measure), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The bench's own warm-up is a run like any other, and would take as long: the floods warm up by themselves. */
function onceWarm(measure: () => Promise<number>): () => Promise<number> {
  let isWarm = false;
  return async () => {
    if (isWarm) return measure();
    isWarm = true;
    return 0;
  };
}

class Floods {
  #number = 0;
  readonly #brokerPid: number;

  constructor(
    private readonly pair: BenchPair,
    private readonly main: MeshClient,
    private readonly pc2: MeshClient,
    private readonly reporters: readonly WorkerProcess[],
  ) {
    this.#brokerPid = pair.main.brokerPid;
  }

  /** The worst of the three. */
  async all(load: Load): Promise<Figures> {
    const alone = this.reporters.slice(0, 1);
    const figures = [
      await this.#flood(load, alone, () => Promise.resolve()),
      await this.#flood(load, this.reporters, () => Promise.resolve()),
      await this.#flood(load, alone, () => this.#cut(load.floodMs)),
    ];
    return {
      messageCount: Math.max(...figures.map(({ messageCount }) => messageCount)),
      growthMb: Math.max(0, ...figures.map(({ growthMb }) => growthMb)),
    };
  }

  async #flood({ count, floodMs }: Load, reporters: readonly WorkerProcess[], meanwhile: () => Promise<void>) {
    const number = ++this.#number;
    const each = Math.ceil(count / reporters.length);
    const before = { messages: await this.#messageCount(), rssMb: this.#rssMb() };
    const reports = reporters.map(async (reporter) => {
      await reporter.ask('number', number);
      await reporter.ask('lasts', floodMs);
      await reporter.ask('report', each);
    });
    const rssMb = this.#highest(Promise.all([...reports, meanwhile()]));
    await Promise.all([...reports, rssMb]);
    const highestMb = Math.max(await rssMb, await this.#highest(this.#counted(number, each * reporters.length)));
    return { messageCount: (await this.#messageCount()) - before.messages, growthMb: highestMb - before.rssMb };
  }

  async #cut(floodMs: number): Promise<void> {
    await delay(floodMs / 3);
    await this.pair.cut();
    await delay(floodMs / 3);
    await this.pair.restore();
  }

  /** Resolves when main has counted all of them. @throws when it has another number, or in several groups */
  async #counted(number: number, total: number): Promise<void> {
    for (const untilMs = performance.now() + TOLD_MS; ; await delay(LOOK_MS)) {
      const { groups } = await this.main.request('log', 'log.errors', {});
      const counts = groups.filter(({ message }) => message === `flood ${number}`).map(({ count }) => count);
      if (counts.length === 1 && counts[0] === total) return;
      const sum = counts.reduce((all, count) => all + count, 0);
      if (counts.length > 1 || sum > total || performance.now() > untilMs)
        throw new Error(`main counted ${counts.join(' + ')} of ${total} errors`);
    }
  }

  async #messageCount(): Promise<number> {
    const { counters } = await this.pc2.request('node', 'mesh.health', {});
    return counters['batches'] ?? 0;
  }

  #rssMb(): number {
    return rssMbOf(this.#brokerPid);
  }

  /** While `work` goes on. */
  async #highest(work: Promise<unknown>): Promise<number> {
    let highest = this.#rssMb();
    const timer = setInterval(() => {
      highest = Math.max(highest, this.#rssMb());
    }, LOOK_MS);
    try {
      await work;
    } finally {
      clearInterval(timer);
    }
    return Math.max(highest, this.#rssMb());
  }
}
