/**
 * The reload of a node: reads the files again, says what that means, and rolls it through the agents in the background.
 * A configuration with faults is refused whole, and so is a reload while another one rolls; then nothing changes.
 *
 * When a rollout was taken back, the files on disk are not what runs: that is said on the error bus once, and by the status
 * until a later reload succeeds or the node is started anew.
 */
import type { FleetConfig } from '../../../common/config/fleet-config.js';
import type { Clock } from '../../../common/core/clock.js';
import { MeshError, messageOf } from '../../../common/core/errors.js';
import { limits } from '../../../common/core/limits.js';
import type { AgentLog } from '../../../common/log/log.js';
import type { AgentChangeBody, Output } from '../../../common/protocol/catalogue.js';
import type { ErrorReportInput } from '../../../common/protocol/errors/error-report.js';
import type { ProcessPlan } from '../programs/process-plan.js';
import { NODE_AGENT } from '../records/incident.js';
import type { Supervisor } from '../supervision/supervisor.js';
import { atPlacesOf, nodeChanges } from './node-changes.js';
import type { NodeFleet } from './node-fleet.js';
import { planReload, type Task } from './reload-plan.js';
import {
  type Effect,
  isOver,
  nextLookMs,
  type Rollout,
  type Sight,
  type StepState,
  startRollout,
  turnRollout,
  type Version,
} from './rollout.js';

/** `fleet` and `machine`: what the node was started with. */
export interface ReloaderOptions extends NodeFleet {
  /** The files as they are now. @throws CONFIG_INVALID, NOT_FOUND */
  readonly load: () => NodeFleet;
  readonly plan: (next: NodeFleet) => readonly ProcessPlan[];
  readonly supervisor: Supervisor;
  /** What of a configuration takes effect as everything runs, where it is another than what holds. */
  readonly live: (next: FleetConfig) => readonly LivePart[];
  readonly clock: Clock;
  readonly log: AgentLog;
  /** The end of an agent's output. */
  readonly lastLines: (agent: string) => readonly string[];
  readonly onReport: (report: ErrorReportInput) => void;
}

/** A part of the configuration that nobody is started again for: the node takes it over, and whom it concerns hears of it. */
export interface LivePart {
  readonly field: string;
  take(): void;
}

interface Plans {
  readonly old: ReadonlyMap<string, ProcessPlan>;
  readonly new: ReadonlyMap<string, ProcessPlan>;
}

export class Reloader {
  readonly #options: ReloaderOptions;
  #rollout: Rollout | undefined;
  #plans: Plans = { old: new Map(), new: new Map() };
  /** What is taken over when the configuration is rolled out. */
  #live: readonly LivePart[] = [];
  /** Of the agent that failed, from before it was taken back. */
  #lastLines: readonly string[] = [];
  #problem = '';
  #isTurnScheduled = false;
  #isClosed = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ReloaderOptions) {
    this.#options = options;
  }

  /** Why the files on disk are not what runs; empty when they are. */
  get problem(): string {
    return this.#problem;
  }

  /** Answers when the rollout has begun. @throws CONFIG_INVALID, NOT_FOUND, CONFLICT, CLOSED; then nothing has changed */
  reload(isDryRun: boolean): Output<'node.reload'> {
    const { fleet, machine, load, plan, supervisor } = this.#options;
    if (!isDryRun) {
      supervisor.assertNotEnding();
      this.#assertIdle();
    }
    const next = load();
    const plans = plan({ fleet: next.fleet, machine: atPlacesOf(machine, next.machine) });
    const tasks = planReload(supervisor.processes, plans);
    const live = this.#options.live(next.fleet);
    const changes = [...tasks.map(changeOf), ...liveChanges(live)];
    if (!isDryRun) this.#begin(plans, tasks, live);
    return { changes, needsNode: nodeChanges({ fleet, machine }, next) };
  }

  progress(): Output<'node.rollout'> {
    if (this.#rollout === undefined) return { state: 'none', why: '', steps: [] };
    const { state, why, steps } = this.#rollout;
    const told = steps.map((step) => ({
      ...changeOf(step.task),
      state: step.state,
      why: this.#tellStep(step).slice(0, limits.errorTextMax),
    }));
    for (const change of liveChanges(this.#live))
      told.push({ ...change, state: state === 'done' ? 'done' : 'waiting', why: '' });
    return { state, why: why.slice(0, limits.errorTextMax), steps: told };
  }

  /** Something has changed among the processes. Looked at later: never from within the change. */
  onChange(): void {
    if (this.#isTurnScheduled || this.#isClosed || this.#rollout === undefined || isOver(this.#rollout)) return;
    this.#isTurnScheduled = true;
    setImmediate(() => {
      this.#isTurnScheduled = false;
      this.#turn();
    });
  }

  /** A rollout ends where it is: whoever is left with older words is outdated, and the next reload goes on. Idempotent. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #assertIdle(): void {
    if (this.#rollout === undefined || isOver(this.#rollout)) return;
    const { steps, state } = this.#rollout;
    const done = steps.filter((step) => step.state === 'done').length;
    const way = state === 'failed' ? 'is being taken back' : `has done ${done} of ${steps.length} agents`;
    throw new MeshError('CONFLICT', `another reload is on its way: it ${way}`, {
      hint: 'wait until it is over: "mesh reload --status"',
      details: { state, done, stepCount: steps.length },
    });
  }

  #begin(plans: readonly ProcessPlan[], tasks: readonly Task[], live: readonly LivePart[]): void {
    const { supervisor, log } = this.#options;
    const byName = (all: readonly ProcessPlan[]) => new Map(all.map((each) => [each.name, each]));
    this.#plans = { old: byName(supervisor.processes.map(({ plan }) => plan)), new: byName(plans) };
    this.#lastLines = [];
    this.#live = live;
    this.#rollout = startRollout(tasks, limits.rolloutStableMs);
    this.#reorder('new');
    log.info({ changes: tasks.map(changeOf) }, 'the configuration is rolled out');
    this.#turn();
  }

  /** Who is not touched may still have another place in the start order. */
  #reorder(version: Version): void {
    const { supervisor } = this.#options;
    const touched = new Set(this.#rollout?.steps.map(({ task }) => task.agent));
    for (const plan of this.#plans[version].values()) {
      const process = supervisor.findIfAny(plan.name);
      if (process === undefined || touched.has(plan.name) || process.plan.wave === plan.wave) continue;
      supervisor.replacePlan(plan);
    }
  }

  #turn(): void {
    if (this.#isClosed || this.#rollout === undefined || isOver(this.#rollout)) return;
    clearTimeout(this.#timer);
    const before = this.#rollout;
    const nowMs = this.#options.clock.monotonicMs();
    const { rollout, effects } = turnRollout(before, (agent) => this.#look(agent), nowMs);
    this.#rollout = rollout;
    if (before.state === 'rolling' && rollout.why !== '') this.#onFailed(rollout);
    for (const effect of effects) this.#perform(effect);
    if (isOver(rollout)) this.#onOver(rollout);
    const lookMs = nextLookMs(rollout);
    if (lookMs !== undefined) this.#timer = setTimeout(() => this.#turn(), Math.max(1, lookMs - nowMs));
  }

  #look(agent: string): Sight | undefined {
    const { supervisor } = this.#options;
    const process = supervisor.findIfAny(agent);
    if (process === undefined) return undefined;
    const { state, epoch, wanted, lastExit } = process;
    const hasEnded = state === 'backoff' || state === 'failed';
    return { state, epoch, wanted, why: (hasEnded ? lastExit : undefined) ?? supervisor.whyOf(process) };
  }

  #perform(effect: Effect): void {
    const { supervisor, log } = this.#options;
    const { agent } = effect;
    const plan = 'version' in effect ? this.#plans[effect.version].get(agent) : undefined;
    try {
      if (effect.kind === 'remove') this.#await(supervisor.remove(agent), agent);
      else if (plan === undefined) throw new MeshError('INTERNAL', `there is no plan for ${agent}`);
      else if (effect.kind === 'add') {
        const added = supervisor.add(plan);
        if (!effect.isToStart) this.#await(added.stop(WHY_STOPPED), agent);
      } else {
        supervisor.replacePlan(plan);
        if (effect.kind === 'restart') this.#await(supervisor.find(agent).restart(WHY_RESTARTED, 'person'), agent);
      }
    } catch (error) {
      // What was not done is not seen either: the step ends by its bound.
      log.error({ err: error, agent }, 'a step of the rollout failed unexpectedly');
    }
  }

  #await(ending: Promise<void>, agent: string): void {
    ending.then(
      () => this.onChange(),
      (error: unknown) => this.#options.log.error({ err: error, agent }, 'a step of the rollout failed unexpectedly'),
    );
  }

  #onFailed({ why, steps }: Rollout): void {
    const { log, lastLines } = this.#options;
    const failed = steps.find(({ state }) => state === 'failed');
    try {
      this.#lastLines = failed === undefined ? [] : lastLines(failed.task.agent);
    } catch (error) {
      this.#lastLines = [`(its log cannot be read: ${messageOf(error)})`];
    }
    log.warn({ why }, 'the rollout failed; what it changed is taken back');
  }

  #onOver({ state, why, steps }: Rollout): void {
    const { log, onReport } = this.#options;
    if (state === 'done') {
      this.#problem = '';
      // Last: they may speak of agents that this rollout has brought, and nothing of it is to stay when it fails.
      for (const part of this.#live) part.take();
      log.info('the configuration was rolled out');
      return;
    }
    this.#reorder('old');
    this.#problem = `the configuration on disk was rolled back: ${why}`;
    const agents = (wanted: StepState) => steps.filter((step) => step.state === wanted).map(({ task }) => task.agent);
    onReport({
      code: 'RELOAD_ROLLED_BACK',
      severity: 'error',
      component: 'reload',
      message: this.#problem,
      context: {
        failed: agents('failed'),
        rolledBack: agents('rolled-back'),
        notTouched: agents('waiting'),
        lastLines: this.#lastLines,
        next: 'correct the configuration, then run "mesh reload"',
      },
    });
  }

  #tellStep({ state, why }: Rollout['steps'][number]): string {
    return state === 'failed' ? [why, ...this.#lastLines].join('\n') : why;
  }
}

/** One change of the node itself, whatever it takes over. */
const liveChanges = (live: readonly LivePart[]): AgentChangeBody[] =>
  live.length === 0 ? [] : [{ agent: NODE_AGENT, change: 'live', fields: live.map(({ field }) => field) }];
const WHY_RESTARTED = 'its configuration has changed';
const WHY_STOPPED = 'it was stopped before the reload that was taken back';

const changeOf = ({ agent, change, fields }: Task): AgentChangeBody => ({ agent, change, fields: [...fields] });
