/**
 * One process that its node keeps as it is wanted: the broker or an agent.
 *
 * I1  At most one incarnation lives: it wishes for the next only when the end of the last was seen and whatever that left
 *     behind is gone. When it is launched, its supervisor decides.
 * I2  Each incarnation has a higher epoch.
 * I3  An end that nobody asked for is told once and judged by its restart policy.
 * I4  Whoever asks it to end waits for nobody else: its drain hook, SIGTERM, its grace, SIGKILL are its own affair.
 */
import { durationText } from '../../../common/core/duration.js';
import { limits } from '../../../common/core/limits.js';
import { type Exit, exitText } from '../programs/exit.js';
import type { ProcessPlan } from '../programs/process-plan.js';
import { isAlive } from './agent-lifecycle.js';
import { Incarnation, type Living } from './incarnation.js';
import type { LaunchView } from './launch-order.js';
import { NextStart } from './next-start.js';
import type { ProcessMemory } from './process-memory.js';
import { type RestartHistory, restartVerdict } from './restart-policy.js';
import type { Death, Step, Supervision } from './supervision.js';
import { TrackedProcess } from './tracked-process.js';

/** What follows the end of the living incarnation: the word of its policy, nothing, or another start. */
type Sequel = { readonly kind: 'judge' } | { readonly kind: 'stay' } | { readonly kind: 'again'; readonly by: Starter };
/** A start by a person does not show in the restarts column; one by the node itself does. */
type Starter = 'person' | 'node';

const JUDGE: Sequel = { kind: 'judge' };

export class SupervisedProcess extends TrackedProcess {
  /** False: somebody stopped it. Outlives the node. */
  wanted: boolean;
  readonly #next: NextStart;
  #sequel = JUDGE;
  /** Why this node ends it; empty when it does not. */
  #endWhy = '';
  #isTold = false;
  #isAskedToEnd = false;
  #readyTimer: NodeJS.Timeout | undefined;
  #clearing: Promise<void> | undefined;
  readonly #onEnded: (() => void)[] = [];

  constructor(
    plan: ProcessPlan,
    memory: ProcessMemory,
    private readonly supervision: Supervision<SupervisedProcess>,
  ) {
    super(plan, memory, supervision.clock);
    this.wanted = memory.wanted;
    const isRestart = memory.state === 'backoff';
    this.#next = new NextStart({ ...memory, isRestart }, () => supervision.clock.monotonicMs(), supervision.onWish);
  }

  /** Starts that the node did by itself after an end. */
  get restarts(): number {
    return this.#next.restarts;
  }

  get history(): RestartHistory {
    return this.#next.history;
  }

  override get why(): string {
    const { inMs } = this.#next;
    return inMs === undefined ? super.why : `${super.why}; starts again in ${durationText(inMs)}`;
  }

  /** What the launch order needs to know of it. */
  get launchView(): LaunchView {
    const { state, plan, why: stateWhy } = this;
    const wish = this.#clearing === undefined ? this.#next.wish : 'none';
    return { plan, state, wish, inRush: state === 'starting' && this.uptimeMs < limits.launchRushMs, stateWhy };
  }

  /**
   * Wants it up, and releases it from whatever keeps it down, with a new budget; it is launched in its order. One that
   * runs stays as it is; one that is being stopped is started again when it has ended.
   */
  start(): void {
    this.wanted = true;
    if (!isAlive(this.state)) {
      this.#next.release();
      this.apply('release', '');
      this.stateWhy = '';
      this.supervision.onWish();
    } else if (this.#sequel.kind === 'stay') this.#sequel = { kind: 'again', by: 'person' };
    this.changed();
  }

  /** Drains it and keeps it down, also over the end of the node. Resolves when nothing of it is left. Idempotent. */
  stop(why = 'it was stopped by hand'): Promise<void> {
    this.wanted = false;
    return this.#end({ kind: 'stay' }, why);
  }

  /** Ends it because its machine goes down; it is wanted as before. Resolves when nothing of it is left. Idempotent. */
  putAway(): Promise<void> {
    return this.#end({ kind: 'stay' }, this.wanted ? '' : this.stateWhy);
  }

  /**
   * Drains it and starts it again, whatever its policy says; its budget does not count that. One that does not run is
   * started. Resolves when the old incarnation is gone.
   */
  restart(why: string, by: Starter = 'node'): Promise<void> {
    this.wanted = true;
    if (isAlive(this.state)) return this.#end({ kind: 'again', by }, why);
    this.start();
    return Promise.resolve();
  }

  /** SIGKILL to its group. It is told as a crash for this reason, and judged by its policy. */
  kill(why: string): void {
    if (this.life === undefined) return;
    this.#endWhy ||= why;
    this.life.kill();
  }

  /** Drains it for a reason that was told already; what follows is for its policy, and counts in its budget. */
  endBecause(why: string): void {
    if (!isAlive(this.state) || this.#sequel.kind !== 'judge') return;
    this.#isTold = true;
    this.#endWhy ||= why;
    this.apply('drain', this.#endWhy);
    this.#askToEnd();
  }

  /** What it is to be from now on. A process that runs goes on as it is; `outdated` says whether that differs. */
  replacePlan(plan: ProcessPlan): void {
    this.plan = plan;
    this.changed();
  }

  /** Takes over a living process of an earlier node. */
  adopt(living: Living): void {
    this.#next.cancel();
    this.#begin(Incarnation.adopt(living, this.supervision.clock, (exit) => this.#onExit(exit)));
    this.lastHash = living.known?.planHash ?? '';
    if (!isAlive(this.state)) {
      this.apply('release', '');
      this.apply('launch', 'it was found alive');
    }
    this.#onBegun();
    // The earlier node did not live to see it end.
    if (!this.wanted) void this.stop(this.stateWhy);
    else if (this.wasAskedToEnd) void this.restart(this.stateWhy);
  }

  /** It ran when the earlier node died, and does not any more. It comes again when the whole machine is launched. */
  onDiedUnseen(pid: number): void {
    this.#clear();
    const ranMs = Math.max(0, this.supervision.clock.wallMs() - this.startedMs);
    const isMeant = this.wasAskedToEnd;
    if (this.wanted && !isMeant)
      return this.#judge({ code: undefined, signal: undefined }, { pid, ranMs, isUnseen: true, release: '' });
    if (this.wanted) this.#next.repeat('node');
    this.apply('end', this.stateWhy, { pid });
  }

  /** Called by its supervisor when the launch order allows it. */
  launch(): void {
    this.#next.onLaunch(this.plan.restart);
    this.#sequel = JUDGE;
    this.epoch = this.supervision.nextEpoch();
    this.startedMs = this.supervision.clock.wallMs();
    if (this.plan.hooks.onStart === undefined) this.#spawn();
    else void this.#spawnAfterHook();
  }

  protected override onHung(silentMs: number): void {
    this.supervision.onHung(this, silentMs);
    this.endBecause(`it hung: busy for ${durationText(silentMs)}`);
  }

  protected override onStep(step: Step): void {
    this.supervision.onTransition({ process: this, ...step });
  }

  protected override onChanged(): void {
    this.supervision.onChange(this);
  }

  async #spawnAfterHook(): Promise<void> {
    this.#endWhy = '';
    this.apply('launch', '');
    const refusal = await this.supervision.hooks.run('onStart', this.plan, { epoch: this.epoch, pid: 0 });
    if (refusal === undefined && this.#sequel.kind === 'judge') this.#spawn();
    else this.#onExit({ code: undefined, signal: undefined, reason: refusal ?? 'it was not needed any more' });
  }

  #spawn(): void {
    const { plan, epoch, supervision } = this;
    this.#begin(Incarnation.start(plan, epoch, supervision.clock, (exit) => this.#onExit(exit)));
    this.lastHash = plan.planHash;
    if (this.state !== 'starting') this.apply('launch', '');
    this.#onBegun();
  }

  #begin(life: Incarnation): void {
    this.life = life;
    this.epoch = life.epoch;
    this.startedMs = life.startedMs;
    this.#endWhy = '';
    this.#isTold = false;
    this.#isAskedToEnd = false;
    this.#sequel = JUDGE;
  }

  #onBegun(): void {
    if (this.state === 'starting' && this.running && this.plan.readiness === 'start') return this.onServes(this.epoch);
    if (this.state === 'starting') {
      const { readyTimeoutMs } = this.plan;
      const why = `it was not ready within ${durationText(readyTimeoutMs)}`;
      this.#readyTimer = setTimeout(() => {
        if (this.state === 'starting') this.kill(why);
      }, readyTimeoutMs);
    }
    this.changed();
  }

  #end(sequel: Sequel, why: string): Promise<void> {
    this.#sequel = sequel;
    if (isAlive(this.state)) {
      this.#endWhy = why;
      const ended = new Promise<void>((resolve) => this.#onEnded.push(resolve));
      this.apply('drain', why);
      this.#askToEnd();
      this.changed();
      return ended;
    }
    this.#next.cancel();
    // What was quarantined stays so until somebody starts it, or takes it back himself.
    if (this.state !== 'quarantined' || !this.wanted) {
      this.apply('end', why);
      this.stateWhy = why;
    }
    this.changed();
    return this.#clearing ?? Promise.resolve();
  }

  #askToEnd(): void {
    const { life, plan, supervision } = this;
    // While its start hook runs there is nobody to ask; nothing is launched after it.
    if (life === undefined || this.#isAskedToEnd) return;
    this.#isAskedToEnd = true;
    const terminate = () => life.terminate(this.plan.stopGraceMs);
    if (plan.hooks.onDrain === undefined) terminate();
    else void supervision.hooks.run('onDrain', plan, { pid: life.pid, epoch: life.epoch }).then(terminate);
  }

  #onExit(exit: Exit): void {
    const { pid, uptimeMs: ranMs } = this;
    const release = this.attachment.version;
    clearTimeout(this.#readyTimer);
    this.#clear();
    // Whoever asked for the end learns it too when that took more than asking.
    const why = [this.#endWhy, exit.cause ?? ''].filter((text) => text !== '').join('; ');
    const told = this.#endWhy === '' ? this.supervision.explain(this.name, exit) : { ...exit, reason: why };
    this.lastExit = exitText(told);
    this.life = undefined;
    if (this.#sequel.kind === 'judge') return this.#judge(told, { pid, ranMs, isUnseen: false, release });
    if (this.#sequel.kind === 'again') this.#next.repeat(this.#sequel.by);
    this.apply('end', why, { pid, exit: told });
  }

  #judge(exit: Exit, { ranMs, ...end }: Pick<Death<this>, 'pid' | 'isUnseen' | 'release'> & { ranMs: number }): void {
    const { pid, isUnseen } = end;
    const { plan, history, supervision, epoch } = this;
    const text = exitText(exit);
    const ending = { text, isFailure: exit.reason !== undefined || exit.code !== 0, ranMs };
    const verdict = restartVerdict(plan.restart, history, ending, supervision.clock.monotonicMs(), Math.random());
    const isTold = this.#isTold;
    supervision.onDeath({ process: this, epoch, uptimeMs: ranMs, exit, verdict, isTold, ...end });
    this.lastExit = text;
    const ended = { pid, exit };
    switch (verdict.kind) {
      case 'completed':
        return this.apply('complete', '', ended);
      case 'failed':
        return this.apply('fail', text, ended);
      case 'quarantined':
        return this.apply('quarantine', `${verdict.why}; "mesh start ${this.name}" releases it`, ended);
      case 'backoff':
        this.#next.retry(verdict.history, isUnseen ? undefined : verdict.waitMs);
        return this.apply('crash', text, ended);
    }
  }

  /** I1 */
  #clear(): void {
    this.#clearing = this.supervision.remains.clear(this.name, this.epoch).then(() => {
      this.#clearing = undefined;
      for (const resolve of this.#onEnded.splice(0)) resolve();
      this.supervision.onWish();
    });
  }
}
