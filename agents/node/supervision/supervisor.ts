/**
 * The processes of one machine: launched in the order of their dependencies, kept as they are wanted, and ended in the
 * reverse order. No process waits for another but for what the order says. It knows nothing of sockets: the node feeds it
 * the words of its agents.
 */
import { momentOf } from '../../../common/core/clock.js';
import { MeshError } from '../../../common/core/errors.js';
import { limits } from '../../../common/core/limits.js';
import { nearest } from '../../../common/core/nearest.js';
import { type FoundProcess, processStat } from '../../../common/core/process-scan.js';
import type { ProcessRecord } from '../../../common/journal/processes/process-store.js';
import { isAlive, isServing } from '../processes/agent-lifecycle.js';
import { isSettled, launchable, reasonToWait } from '../processes/launch-order.js';
import { blankMemory, recall } from '../processes/process-memory.js';
import { SupervisedProcess } from '../processes/supervised-process.js';
import type { Supervision } from '../processes/supervision.js';
import { signalGroup, signalProcess } from '../programs/child-process.js';
import { BROKER, type ProcessPlan } from '../programs/process-plan.js';
import { planAdoption } from './adoption.js';

export interface SupervisorOptions extends Omit<Supervision<SupervisedProcess>, 'nextEpoch' | 'onWish'> {
  readonly plans: readonly ProcessPlan[];
  /** At least every epoch that an earlier node gave away. */
  readonly nodeEpoch: number;
  /** Agents that may be starting at once. */
  readonly parallel: number;
  /** What the node before knew of them. */
  readonly records: readonly ProcessRecord[];
  /** Of this boot of the machine. */
  readonly bootId: string;
  /** It does not belong to this machine any more. */
  readonly onGone: (name: string) => void;
}

export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #supervision: Supervision<SupervisedProcess>;
  readonly #byName = new Map<string, SupervisedProcess>();
  #processes: readonly SupervisedProcess[] = [];
  #lastEpoch: number;
  /** waiting: nothing is launched before what lives already is adopted, because it would run twice. */
  #phase: 'waiting' | 'launching' | 'ending' = 'waiting';
  #isLookScheduled = false;
  #adopted: SupervisedProcess[] = [];
  #adoptedTimer: NodeJS.Timeout | undefined;
  #lookCount = 0;

  constructor(options: SupervisorOptions) {
    const { plans, records, clock, nodeEpoch, bootId, onChange } = options;
    this.#options = options;
    this.#lastEpoch = Math.max(nodeEpoch, ...records.map(({ epoch }) => epoch));
    this.#supervision = {
      ...options,
      nextEpoch: () => ++this.#lastEpoch,
      onWish: () => this.#scheduleLaunch(),
      onChange: (process) => {
        onChange(process);
        this.#scheduleLaunch();
      },
    };
    const now = momentOf(clock);
    const recordOf = new Map(records.map((record) => [record.agent, record]));
    for (const plan of plans) {
      const record = recordOf.get(plan.name);
      const memory = record === undefined ? blankMemory(now) : recall(record, plan.planHash, bootId, now);
      this.#byName.set(plan.name, new SupervisedProcess(plan, memory, this.#supervision));
    }
    this.#sort();
  }

  /** In the order in which they start. */
  get processes(): readonly SupervisedProcess[] {
    return this.#processes;
  }

  get agents(): readonly SupervisedProcess[] {
    return this.#processes.filter(({ name }) => name !== BROKER);
  }

  get readyCount(): number {
    return this.agents.filter(({ state }) => isServing(state)).length;
  }

  /** Everything that is wanted does what it is to do. */
  get allReady(): boolean {
    return this.#processes.every(({ state, wanted }) => isServing(state) || !wanted);
  }

  /** The launch is over: nothing is on its way any more, whether all is well or not. */
  get isSettled(): boolean {
    return this.#phase !== 'waiting' && isSettled(this.#views);
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

  /** Undefined when the name is none of this machine's processes. */
  findIfAny(name: string): SupervisedProcess | undefined {
    return this.#byName.get(name);
  }

  /** One sentence on why a process is in its state, or still waits; empty when that is plain. */
  whyOf(process: SupervisedProcess): string {
    if (isAlive(process.state)) return process.why;
    return reasonToWait(process.launchView, this.#views, this.#options.parallel) || process.why;
  }

  /** Takes over what an earlier node left alive, ends what no longer belongs here, then launches the rest in order. */
  start(found: readonly FoundProcess[]): void {
    const { records, bootId, onGone } = this.#options;
    const names = new Set(this.#byName.keys());
    const { adopted, endGroups, endProcesses } = planAdoption({ records, found, names, bootId, stat: processStat });
    for (const pid of endGroups) signalGroup(pid, 'SIGKILL');
    for (const pid of endProcesses) signalProcess(pid, 'SIGKILL');
    for (const [name, living] of adopted) {
      this.#lastEpoch = Math.max(this.#lastEpoch, living.epoch);
      this.find(name).adopt(living);
    }
    for (const { agent, pid } of records) {
      const process = this.#byName.get(agent);
      if (process === undefined) onGone(agent);
      else if (isAlive(process.state) && !process.running) process.onDiedUnseen(pid);
    }
    this.#adopted = this.#processes.filter(({ running }) => running);
    this.#adoptedTimer = setInterval(() => this.#lookAtAdopted(), limits.adoptedLookMs);
    this.#phase = 'launching';
    this.#launch();
  }

  /** A new member of the set: launched in its order, after this turn. @throws CONFLICT when there is one of its name */
  add(plan: ProcessPlan): SupervisedProcess {
    if (this.#byName.has(plan.name)) throw new MeshError('CONFLICT', `there is a process "${plan.name}" already`);
    const process = new SupervisedProcess(plan, blankMemory(momentOf(this.#options.clock)), this.#supervision);
    this.#byName.set(plan.name, process);
    this.#sort();
    this.#supervision.onChange(process);
    return process;
  }

  /** Ends a process, whatever depends on it, and forgets it. Resolves when nothing of it is left. @throws NOT_FOUND */
  async remove(name: string): Promise<void> {
    const process = this.find(name);
    await process.putAway();
    this.#byName.delete(name);
    this.#sort();
    this.#options.onGone(name);
  }

  /** A plan may have changed its place in the order. */
  replacePlan(plan: ProcessPlan): void {
    this.find(plan.name).replacePlan(plan);
    this.#sort();
  }

  /** Each as soon as whatever depends on it has ended; the broker stays. Resolves when no agent is left, and no hook of one. */
  async stopAgents(): Promise<void> {
    this.#phase = 'ending';
    const endings = new Map<string, Promise<void>>();
    const ending = (process: SupervisedProcess): Promise<void> => {
      const known = endings.get(process.name);
      if (known !== undefined) return known;
      const dependents = this.agents.filter(({ plan }) => plan.after.some(({ agent }) => agent === process.name));
      const ended = Promise.all(dependents.map(ending)).then(() => process.putAway());
      endings.set(process.name, ended);
      return ended;
    };
    await Promise.all(this.agents.map(ending));
    await this.#options.hooks.settled();
  }

  /** Everything. Resolves when no process is left. */
  async stop(): Promise<void> {
    await this.stopAgents();
    await this.find(BROKER).putAway();
    clearInterval(this.#adoptedTimer);
  }

  /** This node ends, and what it started does not. */
  close(): void {
    this.#phase = 'ending';
    clearInterval(this.#adoptedTimer);
  }

  /** Called about twice a second. */
  tick(): void {
    for (const process of this.#processes) process.tick();
    this.#launch();
  }

  #lookAtAdopted(): void {
    const isQuick = ++this.#lookCount % THOROUGH_LOOK !== 0;
    for (const process of this.#adopted) process.look(isQuick);
    this.#adopted = this.#adopted.filter(({ isAdopted }) => isAdopted);
    if (this.#adopted.length === 0) clearInterval(this.#adoptedTimer);
  }

  /** @throws CLOSED while the machine goes down */
  assertNotEnding(): void {
    if (this.#phase === 'ending') throw new MeshError('CLOSED', 'this machine is going down');
  }

  get #views() {
    return this.#processes.map(({ launchView }) => launchView);
  }

  /** Changes of one turn are looked at together, and never from within one of them. */
  #scheduleLaunch(): void {
    if (this.#isLookScheduled) return;
    this.#isLookScheduled = true;
    setImmediate(() => {
      this.#isLookScheduled = false;
      this.#launch();
    });
  }

  /** At once instead of after this turn, for an answer that shows it. */
  launchNow(): void {
    this.#launch();
  }

  #launch(): void {
    if (this.#phase === 'waiting') return;
    // The broker is kept up until the very end: what is stored goes through it.
    const names = launchable(this.#views, this.#options.parallel).filter(
      (name) => this.#phase !== 'ending' || name === BROKER,
    );
    for (const name of names) this.#byName.get(name)?.launch();
  }

  #sort(): void {
    this.#processes = [...this.#byName.values()].sort((a, b) => a.plan.wave - b.plan.wave);
  }
}

/** Each so many looks at a process of an earlier node ask whether it is a dead one, or another one under its pid. */
const THOROUGH_LOOK = 4;
