/**
 * What befalls a fleet while it is soaked, drawn from a seed: processes are killed and stopped, the link fails in every way,
 * while agents of both machines store records. Each round ends with a fleet that is whole and has delivered everything; the
 * oracle judges at the end. Main's node alone is spared: it is what is measured.
 */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { AgentSetup, TestFleet } from '../fleet/test-fleet.js';
import { fixture } from '../fleet/test-fleet.js';
import type { TestMachine } from '../fleet/test-machine.js';
import { storedErrors } from '../oracle/main-log.js';
import { judge, type Verdict } from '../oracle/oracle.js';
import type { Random } from '../random.js';
import { Hopeless, waitFor, waitUntil } from '../wait-for.js';

/** It is killed as often as the seed says, and comes back at once. */
export const soakedReporter: AgentSetup = {
  ...fixture('reporter'),
  restart: { firstMs: 100, maxMs: 100, starts: 1_000 },
};

const BURST = { count: 300, window: 16, perSecond: 300 };
const OUTAGE_MS_MAX = 2_000;
const SLOW = { delayMs: 200, bytesPerSecond: 125_000 };

export class SoakTroubles {
  readonly #ledgerFiles: string[] = [];
  readonly #struck = new Map<string, number>();
  #queue: string[] = [];

  constructor(
    private readonly fleet: TestFleet,
    private readonly random: Random,
  ) {}

  /** One trouble: each comes once before any comes again. */
  async round(): Promise<void> {
    const { machines } = this.fleet;
    for (const machine of machines) await this.#burst(machine);
    const name = this.#next();
    this.#struck.set(name, (this.#struck.get(name) ?? 0) + 1);
    await this.#troubles[name]?.();
    await Promise.all(machines.map((machine) => this.#whole(machine)));
  }

  /** How often each was done. */
  get struck(): string {
    return [...this.#struck].map(([name, times]) => `${name} ${times}`).join(', ');
  }

  /** All of both machines is on main, by their word; whether it is, is for the oracle. */
  verdict(): Verdict {
    const burst = storedErrors(this.fleet.main.logFile).filter(({ code }) => code === 'BURST');
    const mainRecords = burst.map(({ journalId, seq, message }) => ({ journalId, seq, text: message }));
    return judge({ ledgerFiles: this.#ledgerFiles, mainRecords });
  }

  readonly #troubles: Readonly<Record<string, () => Promise<void>>> = {
    'an agent is killed': () => this.#kill(this.random.pick(this.fleet.machines), 'reporter'),
    "main's broker is killed": () => this.#kill(this.fleet.main, 'broker'),
    "pc2's broker is killed": () => this.#kill(this.fleet.pc2, 'broker'),
    "pc2's node is killed": async () => {
      await this.fleet.pc2.killNode();
      this.fleet.pc2.start();
    },
    'an agent is stopped': () => this.#stop(this.random.pick(this.fleet.machines), 'reporter'),
    "main's broker is stopped": () => this.#stop(this.fleet.main, 'broker'),
    'the link is cut': () => this.#link((link) => link.cut()),
    'the link is frozen': () => this.#link((link) => link.freeze()),
    'the link comes and goes': () => this.#link((link) => link.flap(this.random, { upMsMax: 150, downMsMax: 100 })),
    'the link is slow': async () => {
      const { link } = this.fleet;
      Object.assign(link, SLOW);
      await this.#outage();
      Object.assign(link, { delayMs: 0, bytesPerSecond: Number.POSITIVE_INFINITY });
    },
  };

  #next(): string {
    if (this.#queue.length === 0) {
      const drawn = Object.keys(this.#troubles).map((name) => ({ name, place: this.random.next() }));
      this.#queue = drawn.sort((a, b) => a.place - b.place).map(({ name }) => name);
    }
    return this.#queue.pop() ?? '';
  }

  async #burst(machine: TestMachine): Promise<void> {
    const file = join(this.fleet.root, `ledger-${this.#ledgerFiles.length + 1}`);
    this.#ledgerFiles.push(file);
    await machine.call(`reporter@${machine.name}.burst`, { ...BURST, file });
  }

  #outage(): Promise<void> {
    return pause(this.random.between(100, OUTAGE_MS_MAX));
  }

  async #link(fail: (link: TestFleet['link']) => void): Promise<void> {
    fail(this.fleet.link);
    await this.#outage();
    this.fleet.link.restore();
  }

  async #kill(machine: TestMachine, name: string): Promise<void> {
    const { epoch } = await machine.kill(name);
    await machine.successor(name, epoch);
  }

  async #stop(machine: TestMachine, name: string): Promise<void> {
    const { pid } = await machine.process(name);
    process.kill(pid, 'SIGSTOP');
    await this.#outage();
    process.kill(pid, 'SIGCONT');
  }

  async #whole(machine: TestMachine): Promise<void> {
    await machine.ready(WHOLE_MS);
    await waitUntil(
      `the burst of ${machine.name} to end`,
      async () => {
        const { failed, isRunning } = (await waitFor('its progress', () =>
          machine.call(`reporter@${machine.name}.progress`),
        )) as { failed: string; isRunning: boolean };
        if (failed !== '') throw new Hopeless(failed);
        return !isRunning;
      },
      WHOLE_MS,
    );
    const hasNothingLeft = async () => (await machine.ask('journal.status', {})).pendingCount === 0;
    await waitUntil(`${machine.name} to have nothing left`, hasNothingLeft, WHOLE_MS);
  }
}

/** For a box that is busy with other things. */
const WHOLE_MS = 60_000;
