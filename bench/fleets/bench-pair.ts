/** Two machines on this box, main and pc2, each with a folder of its own; pc2 reaches main over a link that can be cut. */

import { WorkerProcess } from '../work/worker-process.js';
import { BenchMachine, portsFor } from './bench-machine.js';

export class BenchPair {
  private constructor(
    readonly main: BenchMachine,
    readonly pc2: BenchMachine,
    private readonly relay: WorkerProcess,
  ) {}

  static async start(): Promise<BenchPair> {
    const [main, relayed, pc2] = [await portsFor('main'), await portsFor('main'), await portsFor('secondary')];
    const routes = Object.entries(relayed).flatMap(([name, port]) => [`${port}`, `${main[name]}`]);
    const opened: { close(): Promise<void> }[] = [];
    const open = async <T extends { close(): Promise<void> }>(opening: Promise<T>): Promise<T> => {
      const part = await opening;
      opened.unshift(part);
      return part;
    };
    try {
      const relay = await open(WorkerProcess.start('relay', routes));
      const mainMachine = await open(BenchMachine.start({}, {}, { machine: 'main', ports: { main, pc2 } }));
      const secondary = { machine: 'pc2', ports: { main: relayed, pc2 } };
      return new BenchPair(mainMachine, await open(BenchMachine.start({}, {}, secondary)), relay);
    } catch (error) {
      for (const part of opened) await part.close();
      throw error;
    }
  }

  cut(): Promise<void> {
    return this.relay.ask('cut');
  }

  restore(): Promise<void> {
    return this.relay.ask('restore');
  }

  async close(): Promise<void> {
    for (const part of [this.pc2, this.main, this.relay]) await part.close();
  }
}
