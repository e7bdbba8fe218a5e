/**
 * A service of some instances on two machines, and processes that call it, on a virtual clock. Storms and calms take turns:
 * in a storm instances are slow, stand still and die, connections break and calls come in bursts; in a calm nothing does,
 * and at its end everybody must have found back to everybody.
 */
import { limits } from '../../common/core/limits.js';
import { Random } from '../support/random.js';
import { Callee, type SimRun } from './callee.js';
import { Caller } from './caller.js';
import { Ledger } from './ledger.js';
import { partsOf, type Sabotage } from './sabotage.js';
import { Timeline } from './timeline.js';

export interface SimulationOptions {
  readonly seed: number;
  readonly callCount: number;
  readonly sabotage?: Sabotage;
}

export interface SimulationResult {
  readonly ledger: Ledger;
  /** Of the virtual clock. */
  readonly simulatedMs: number;
}

const MACHINES = ['main', 'pc2'];
const INSTANCES_PER_MACHINE = 2;
const CALLERS_PER_MACHINE = 2;
const CALLS_PER_SECOND = 800;
/** A storm, then time for the last breaker to try again, then the look whether everybody takes part. */
const STORM_MS = 6_000;
const STILL_MS = 4_000;
const RECOVERY_MS = 14_000;
const LOOK_MS = 10_000;
const ROUND_MS = STORM_MS + RECOVERY_MS + LOOK_MS;
/** Of its even share of the calls in the look: fewer, and an instance is starved. */
const SHARE_MIN = 0.1;
const KEYED_SHARE = 0.3;
const IMPATIENT_SHARE = 0.5;
const IMPATIENCE_MS = 250;
const DEADLINE_MS = [100, 3_000] as const;

export function simulate({ seed, callCount, sabotage }: SimulationOptions): SimulationResult {
  const stackTraceLimit = Error.stackTraceLimit;
  // Errors are answers here: nobody reads where they were made.
  Error.stackTraceLimit = 0;
  try {
    return new Simulation(seed, callCount, sabotage).run();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

class Simulation {
  readonly #timeline = new Timeline();
  readonly #random: Random;
  readonly #ledger: Ledger;
  readonly #callees: readonly Callee[];
  readonly #callers: readonly Caller[];
  #issued = 0;
  #rate = CALLS_PER_SECOND;

  constructor(
    seed: number,
    private readonly callCount: number,
    sabotage: Sabotage | undefined,
  ) {
    this.#random = new Random(seed);
    const parts = partsOf<SimRun, SimRun, 'done'>(sabotage);
    const places = MACHINES.flatMap((machine) => Array.from({ length: INSTANCES_PER_MACHINE }, () => machine));
    const instances = places.map((machine, index) => `worker-${index}@${machine}`);
    const callerCount = MACHINES.length * CALLERS_PER_MACHINE;
    const perSecond = limits.retryBudgetPerSecond;
    this.#ledger = new Ledger({
      callCount,
      callers: callerCount,
      instances,
      priorityStepMs: limits.actionPriorityStepMs,
      budget: {
        ratio: limits.retryBudgetPercent / 100,
        perSecond,
        savedMax: perSecond * limits.retryBudgetSavedSeconds,
      },
      settleSlackMs: 1,
    });
    const common = { timeline: this.#timeline, random: this.#random, ledger: this.#ledger, parts };
    this.#callees = instances.map(
      (instance) => new Callee(instance, this.#timeline, this.#random, this.#ledger, parts),
    );
    this.#callers = Array.from(
      { length: callerCount },
      (_, index) => new Caller({ ...common, index, machine: MACHINES[index % MACHINES.length] ?? '' }),
    );
  }

  run(): SimulationResult {
    for (const callee of this.#callees) this.#tellServing(callee, false);
    this.#storm();
    this.#callAgain();
    this.#timeline.run();
    this.#ledger.close();
    return { ledger: this.#ledger, simulatedMs: this.#timeline.nowMs };
  }

  get #isOver(): boolean {
    return this.#issued >= this.callCount;
  }

  #callAgain(): void {
    if (this.#isOver) {
      for (const callee of this.#callees) callee.rest();
      return;
    }
    const id = this.#issued++;
    const random = this.#random;
    this.#callers[id % this.#callers.length]?.call({
      id,
      caller: id % this.#callers.length,
      key: random.next() < KEYED_SHARE ? `key ${id}` : undefined,
      priority: random.between(0, 9),
      deadlineMs: this.#timeline.nowMs + random.between(...DEADLINE_MS),
      attemptTimeoutMs: random.next() < IMPATIENT_SHARE ? IMPATIENCE_MS : undefined,
    });
    this.#timeline.after((-Math.log(1 - random.next()) / this.#rate) * 1_000, () => this.#callAgain());
  }

  #storm(): void {
    if (this.#isOver) return;
    // Long enough that nobody's breaker stays closed, in every storm; what befalls the others is for the dice.
    const victim = this.#random.pick(this.#callees);
    this.#standStill(victim, STILL_MS);
    for (const callee of this.#callees) if (callee !== victim) this.#trouble(callee, STORM_MS);
    this.#burst(STORM_MS);
    this.#timeline.after(STORM_MS + RECOVERY_MS, () => {
      for (const caller of this.#callers) caller.given.clear();
    });
    this.#timeline.after(ROUND_MS, () => {
      this.#look();
      this.#storm();
    });
  }

  /** A look over a whole calm: what the end of the run cut short says nothing. */
  #look(): void {
    if (this.#isOver) return;
    const share = new Map(
      this.#callees.map(({ instance }) => [
        instance,
        this.#callers.reduce((sum, { given }) => sum + (given.get(instance) ?? 0), 0),
      ]),
    );
    const total = [...share.values()].reduce((sum, count) => sum + count, 0);
    this.#ledger.onCalm(share, (total / share.size) * SHARE_MIN);
  }

  /** One trouble after the other, all over before `restMs` are. */
  #trouble(callee: Callee, restMs: number): void {
    const random = this.#random;
    const quietMs = random.between(100, 1_500);
    const lastsMs = random.between(50, 3_000);
    if (quietMs + lastsMs >= restMs) return;
    this.#timeline.after(quietMs, () => {
      random.pick([this.#slow, this.#standStill, this.#kill, this.#cut]).call(this, callee, lastsMs);
      this.#timeline.after(lastsMs, () => this.#trouble(callee, restMs - quietMs - lastsMs));
    });
  }

  #slow(callee: Callee, lastsMs: number): void {
    callee.slowness = this.#random.between(2, 40);
    this.#timeline.after(lastsMs, () => {
      callee.slowness = 1;
    });
  }

  #standStill(callee: Callee, lastsMs: number): void {
    callee.stillUntilMs = this.#timeline.nowMs + lastsMs;
    if (lastsMs < limits.heartbeatTimeoutMs / 2) return;
    this.#timeline.after(lastsMs / 2, () => this.#tellServing(callee, true));
    this.#timeline.after(lastsMs, () => this.#tellServing(callee, false));
  }

  #kill(callee: Callee, lastsMs: number): void {
    callee.die();
    this.#tell((caller) => caller.onDeath(callee));
    this.#timeline.after(lastsMs, () => {
      callee.comeBack();
      this.#tellServing(callee, false);
    });
  }

  /** Between one process and one instance, again and again. */
  #cut(callee: Callee, lastsMs: number): void {
    this.#random.pick(this.#callers).cut(callee.instance);
    const pauseMs = this.#random.between(20, 500);
    if (pauseMs < lastsMs) this.#timeline.after(pauseMs, () => this.#cut(callee, lastsMs - pauseMs));
  }

  #burst(restMs: number): void {
    const lastsMs = this.#random.between(50, 400);
    if (restMs < lastsMs * 2) return;
    this.#rate = CALLS_PER_SECOND * this.#random.between(1, 4);
    this.#timeline.after(lastsMs, () => {
      this.#rate = CALLS_PER_SECOND;
      this.#timeline.after(lastsMs, () => this.#burst(restMs - 2 * lastsMs));
    });
  }

  #tellServing(callee: Callee, isBusy: boolean): void {
    this.#tell((caller) => {
      if (callee.isAlive) caller.onServing(callee, isBusy);
    });
  }

  /** By way of the registry: each hears of it in its own time. */
  #tell(hear: (caller: Caller) => void): void {
    for (const caller of this.#callers) this.#timeline.after(this.#random.between(1, 20), () => hear(caller));
  }
}
