/**
 * The processes of one machine: started in the order of their dependencies, each behind the readiness of what it needs,
 * kept alive, and ended in the reverse order. It knows nothing of sockets: `NodeServer` feeds it the agents' words.
 */
import type { Clock } from '../../common/core/clock.js';
import { MeshError } from '../../common/core/errors.js';
import { nearest } from '../../common/core/nearest.js';
import { AGENT_VARIABLE, EPOCH_VARIABLE, type FoundProcess, isDaemon } from '../../common/core/process-scan.js';
import { type Exit, signalGroup, signalProcess } from './child-process.js';
import { BROKER, type ProcessPlan } from './process-plan.js';
import { SupervisedProcess } from './supervised-process.js';

export interface SupervisorEvents {
  /** The table that others see has changed. */
  readonly onChange: () => void;
  readonly onCrash: (process: SupervisedProcess, exit: Exit, restartInMs: number) => void;
}

export class Supervisor {
  readonly processes: readonly SupervisedProcess[];
  readonly #byName: ReadonlyMap<string, SupervisedProcess>;
  /** Nothing is launched before what lives already is adopted: it would run twice. */
  #launching = false;
  #lastEpoch: number;

  constructor(
    plans: readonly ProcessPlan[],
    nodeEpoch: number,
    clock: Clock,
    private readonly events: SupervisorEvents,
  ) {
    this.#lastEpoch = nodeEpoch;
    const supervision = {
      onChange: () => this.#onChange(),
      onCrash: events.onCrash,
      // Past every epoch of an earlier node: its own epoch is at least the wall clock when it began.
      nextEpoch: () => ++this.#lastEpoch,
      wallMs: () => clock.wallMs(),
      monotonicMs: () => clock.monotonicMs(),
    };
    this.processes = plans.map((plan) => new SupervisedProcess(plan, supervision));
    this.#byName = new Map(this.processes.map((process) => [process.plan.name, process]));
  }

  get agents(): SupervisedProcess[] {
    return this.processes.filter(({ plan }) => plan.name !== BROKER);
  }

  get readyCount(): number {
    return this.agents.filter(({ state }) => state === 'ready').length;
  }

  get allReady(): boolean {
    return this.processes.every(({ state }) => state === 'ready');
  }

  /** @throws NOT_FOUND with the name that comes near */
  find(name: string): SupervisedProcess {
    const process = this.#byName.get(name);
    if (process !== undefined) return process;
    const near = nearest(name, [...this.#byName.keys()]);
    throw new MeshError('NOT_FOUND', `there is no agent "${name}" on this machine`, {
      hint: near === undefined ? 'see "mesh ps -a"' : `did you mean ${near}?`,
    });
  }

  /** Takes over what an earlier node left alive, ends what no longer belongs here, then starts the rest in order. */
  start(found: readonly FoundProcess[]): void {
    const leaders = new Set(found.map(({ pid }) => pid));
    for (const process of newestFirst(found)) {
      if (leaders.has(process.pgid)) this.#adoptOrEnd(process);
      // Its agent ended while nobody looked. It alone: whoever else is in that group may be none of ours.
      else if (!isDaemon(process)) signalProcess(process.pid, 'SIGKILL');
    }
    this.#launching = true;
    this.#startWhatMay();
  }

  /** Dependents before what they depend on; the broker stays. Resolves when no agent is left. */
  async stopAgents(): Promise<void> {
    this.#launching = false;
    const waves = [...new Set(this.agents.map(({ plan }) => plan.wave))].sort((a, b) => b - a);
    for (const wave of waves) {
      await Promise.all(this.agents.filter(({ plan }) => plan.wave === wave).map((process) => process.stop()));
    }
  }

  /** Everything. Resolves when no process is left. */
  async stop(): Promise<void> {
    await this.stopAgents();
    await this.find(BROKER).stop();
  }

  tick(): void {
    for (const process of this.processes) process.tick();
  }

  #adoptOrEnd(found: FoundProcess): void {
    const { pid, pgid, startTicks, env } = found;
    const name = env[AGENT_VARIABLE] ?? '';
    // A child of an agent carries the agent's environment; its leader answers for it.
    if (pid !== pgid || isDaemon(found)) return;
    const process = this.#byName.get(name);
    const epoch = Number(env[EPOCH_VARIABLE]);
    // So does one that the agent started in a group of its own: it belongs to the incarnation that was just adopted.
    if (process?.running && process.epoch === epoch) return;
    if (process === undefined || process.running || !Number.isSafeInteger(epoch)) signalGroup(pid, 'SIGKILL');
    else {
      this.#lastEpoch = Math.max(this.#lastEpoch, epoch);
      process.adopt({ pid, startTicks, epoch });
    }
  }

  #onChange(): void {
    this.events.onChange();
    this.#startWhatMay();
  }

  /** Whoever's dependencies are ready starts; one that was started once is kept up without asking again. */
  #startWhatMay(): void {
    if (!this.#launching) return;
    for (const process of this.processes) {
      if (process.state !== 'stopped' || process.running) continue;
      if (process.plan.after.every(({ agent }) => this.#byName.get(agent)?.state === 'ready')) process.start();
    }
  }
}

/** The newest incarnation first, and of one incarnation the process that was there first: the agent itself. */
const newestFirst = (found: readonly FoundProcess[]): FoundProcess[] =>
  [...found].sort((a, b) => epochOf(b) - epochOf(a) || a.startTicks - b.startTicks);

const epochOf = ({ env }: FoundProcess): number => Number(env[EPOCH_VARIABLE] ?? 0);
