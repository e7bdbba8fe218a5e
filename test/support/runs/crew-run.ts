/**
 * Work that is shared out to processes, which are killed one after the other with their hands full. The log counts what it
 * took for settled, and the members write down themselves what they have done.
 */
import type { GroupStateBody } from '../../../common/protocol/catalogue.js';
import { LogWorld } from '../../sdk/records/log-world.js';
import { StreamWorker } from '../processes/stream-worker.js';
import type { Random } from '../random.js';
import { waitFor } from '../wait-for.js';

export interface CrewOptions {
  readonly random: Random;
  readonly recordCount: number;
  readonly kills: number;
  /** That each of them has in hand when one is killed. */
  readonly inHand: number;
}

export interface CrewResult {
  /** Of the group at the end. */
  readonly state: GroupStateBody;
  /** Pieces of work that were done by nobody. */
  readonly undone: readonly number[];
  /** Done more than once: by one that was killed before main had its word, and by who got it then. */
  readonly repeatedCount: number;
}

const MEMBERS = 4;
/** So long that hands are full, so short that a run is a matter of seconds. */
const WORK_MS = 100;

export async function runCrew(options: CrewOptions): Promise<CrewResult> {
  const world = new LogWorld();
  const crew = new Crew(world, options);
  try {
    await world.open();
    return await crew.run();
  } finally {
    await crew.close();
    await world.close();
  }
}

class Crew {
  readonly #members: StreamWorker[] = [];
  readonly #dead: StreamWorker[] = [];

  constructor(
    private readonly world: LogWorld,
    private readonly options: CrewOptions,
  ) {}

  async run(): Promise<CrewResult> {
    const { random, recordCount, kills, inHand } = this.options;
    for (let left = recordCount; left > 0; left -= EMIT_MAX) await this.world.emit(Math.min(left, EMIT_MAX));
    while (this.#members.length < MEMBERS) this.#hire();
    for (let kill = 0; kill < kills; kill++) {
      // All that they can hold is out: so whoever is killed now has his hands full.
      await this.#when('all hands to be full', ({ inFlight }) => inFlight >= inHand * MEMBERS);
      const [victim] = this.#members.splice(random.between(0, MEMBERS - 1), 1);
      if (victim === undefined) throw new Error('there is nobody to kill');
      await victim.end('SIGKILL');
      this.#dead.push(victim);
      this.#hire();
    }
    const state = await this.#when('everything to be settled', ({ floorId }) => floorId === recordCount);
    const done = [...this.#dead, ...this.#members].flatMap((member) => member.done);
    const times = new Set(done);
    const all = Array.from({ length: recordCount }, (_, index) => index + 1);
    return { state, undone: all.filter((id) => !times.has(id)), repeatedCount: done.length - times.size };
  }

  async close(): Promise<void> {
    await Promise.all(this.#members.map((member) => member.end('SIGKILL')));
  }

  #hire(): void {
    const name = `member-${this.#members.length + this.#dead.length}-${this.#dead.length}`;
    const { inHand: inFlight } = this.options;
    this.#members.push(new StreamWorker({ log: this.world.endpoint, name, inFlight, workMs: WORK_MS }));
  }

  #when(what: string, isSo: (state: GroupStateBody) => boolean): Promise<GroupStateBody> {
    return waitFor(
      what,
      async () => {
        const [state] = (await this.world.log.request('group.list', {})).groups;
        return state !== undefined && isSo(state) ? state : undefined;
      },
      LONG_MS,
    );
  }
}

const EMIT_MAX = 1_000;
const LONG_MS = 60_000;
