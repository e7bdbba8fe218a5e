/**
 * A process as its node sees it: the state that the lifecycle table gives it, the incarnation that lives, and what is
 * heard of it. It starts and ends nothing; that is `SupervisedProcess`.
 *
 * T1  The state changes by the table alone, and every step is told.
 * T2  Words of another incarnation than the living one are refused with STALE_EPOCH or NOT_ATTACHED; what a probe found
 *     out about another one is passed over.
 */
import type { Clock } from '../../../common/core/clock.js';
import { durationText } from '../../../common/core/duration.js';
import { MeshError } from '../../../common/core/errors.js';
import { limits } from '../../../common/core/limits.js';
import { transition } from '../../../common/core/state-table.js';
import type { AgentState } from '../../../common/protocol/registry-entry.js';
import { AgentProbes } from '../probes/agent-probes.js';
import type { Exit } from '../programs/exit.js';
import type { ProcessPlan } from '../programs/process-plan.js';
import { agentLifecycle, type LifecycleEvent } from './agent-lifecycle.js';
import { type Attachment, attachmentOf, type Incarnation, UNATTACHED } from './incarnation.js';
import type { ProcessMemory } from './process-memory.js';
import type { Step } from './supervision.js';

export abstract class TrackedProcess {
  readonly name: string;
  state: AgentState;
  /** Wall time. */
  sinceMs: number;
  /** Of the last incarnation. */
  epoch: number;
  /** Wall time of its start. */
  startedMs: number;
  /** How the one before it ended. */
  lastExit: string | undefined;
  /** Of the plan that the last incarnation was started with; empty when nobody knows. */
  lastHash = '';
  /** Why it came into its state; empty when that is plain. */
  stateWhy: string;
  protected life: Incarnation | undefined;
  readonly #probes = new AgentProbes({
    onReady: (epoch) => this.onServes(epoch),
    onUnwell: (epoch, why) => this.onSilent(epoch, why),
    onWell: (epoch) => this.onHeard(epoch),
  });

  constructor(
    public plan: ProcessPlan,
    memory: ProcessMemory,
    private readonly clock: Clock,
  ) {
    this.name = plan.name;
    this.state = memory.state;
    this.sinceMs = memory.sinceMs;
    this.stateWhy = memory.why;
    this.epoch = memory.epoch;
    this.startedMs = memory.startedMs;
    this.lastExit = memory.lastExit;
    this.lastHash = memory.planHash;
  }

  get running(): boolean {
    return this.pid !== 0;
  }

  /** 0 while none runs. */
  get pid(): number {
    return this.life?.pid ?? 0;
  }

  get startTicks(): number {
    return this.life?.startTicks ?? 0;
  }

  /** It runs, and is not this node's child. */
  get isAdopted(): boolean {
    return this.life !== undefined && !this.life.isChild;
  }

  /** Of the plan that it runs with; empty when it does not run, or nobody knows. */
  get runningHash(): string {
    return this.running ? this.lastHash : '';
  }

  /** It runs with an older plan than the one it has now. */
  get outdated(): boolean {
    return this.runningHash !== '' && this.runningHash !== this.plan.planHash;
  }

  get uptimeMs(): number {
    return this.life?.ageMs ?? 0;
  }

  /** The size of its log when it was launched. */
  get logOffset(): number {
    return this.life?.logOffset ?? 0;
  }

  get attachment(): Attachment {
    return this.life?.attachment ?? UNATTACHED;
  }

  get loopLagMs(): number {
    return this.life?.loopLagMs ?? 0;
  }

  get rssBytes(): number {
    return this.life?.rssBytes ?? 0;
  }

  /** One sentence on why it is in its state; empty when that is plain. */
  get why(): string {
    return this.state === 'starting' ? this.#probes.why : this.stateWhy;
  }

  /** Its node ends it, or an earlier one did: what has begun so is gone on with, and is no crash. */
  protected get wasAskedToEnd(): boolean {
    return this.state === 'draining' && this.stateWhy !== OWN_WILL;
  }

  /** @throws NOT_ATTACHED, STALE_EPOCH when these are not the words of the living incarnation */
  assertCurrent(epoch: number, pid?: number): void {
    this.assertNotStale(epoch);
    if (!this.running || epoch > this.epoch || (pid !== undefined && pid !== this.pid)) {
      throw new MeshError('NOT_ATTACHED', `this node did not start incarnation ${epoch} of ${this.name}`);
    }
  }

  /** @throws STALE_EPOCH */
  assertNotStale(epoch: number): void {
    if (epoch >= this.epoch) return;
    throw new MeshError('STALE_EPOCH', `${this.name} has a newer incarnation, ${this.epoch}`, {
      details: { epoch: this.epoch },
    });
  }

  onAttach(attachment: Attachment): void {
    if (this.life === undefined) return;
    this.life.attachment = attachmentOf(attachment);
    this.life.hear();
    this.changed();
  }

  /** @throws NOT_ATTACHED */
  onReady(): void {
    this.#attached('must attach before it is ready').hear();
    this.onServes(this.epoch);
  }

  /** @throws NOT_ATTACHED */
  onBeat(loopLagMs: number, rssBytes: number): void {
    const life = this.#attached('is not attached to this node: attach it anew');
    life.loopLagMs = loopLagMs;
    life.rssBytes = rssBytes;
    this.onHeard(this.epoch);
  }

  onDraining(): void {
    this.apply('drain', OWN_WILL);
  }

  /** It serves: its own word, or its ready probe. */
  onServes(epoch: number): void {
    if (this.#isLiving(epoch)) this.apply('serve', '');
  }

  /** Its alive probe fails, or its words stay out, and have for `alreadyMs`. */
  onSilent(epoch: number, why: string, alreadyMs = 0): void {
    if (!this.#isLiving(epoch)) return;
    this.life?.miss(alreadyMs);
    this.apply('silent', why);
  }

  onHeard(epoch: number): void {
    if (!this.#isLiving(epoch)) return;
    this.life?.hear();
    this.apply('heard', '');
  }

  /** Called about twice a second. */
  tick(): void {
    const { unheardMs = 0 } = this.life ?? {};
    const speaks = this.plan.readiness === 'attach' || this.plan.readiness === 'ask';
    if (speaks && unheardMs > limits.heartbeatTimeoutMs) {
      this.onSilent(this.epoch, `nothing is heard of it for ${durationText(limits.heartbeatTimeoutMs)}`, unheardMs);
    }
    const { hangMs } = this.plan.limits;
    const { silentMs = 0 } = this.life ?? {};
    if (this.state === 'busy' && hangMs !== undefined && silentMs >= hangMs) this.onHung(silentMs);
  }

  /** Whether one that is nobody's child still lives. */
  look(isQuick: boolean): void {
    this.life?.look(isQuick);
  }

  /** It was silent for longer than it may be. */
  protected abstract onHung(silentMs: number): void;

  protected abstract onStep(step: Step): void;

  /** What others see of it, or what must be remembered, has changed. */
  protected abstract onChanged(): void;

  /** A step of the table. @throws INTERNAL when there is none */
  protected apply(
    event: LifecycleEvent,
    why: string,
    ended: { readonly pid: number; readonly exit?: Exit } = this,
  ): void {
    const { state: from, epoch } = this;
    const result = transition(agentLifecycle, from, event);
    if (result.kind === 'refused') throw new MeshError('INTERNAL', `${this.name} cannot ${event} while it is ${from}`);
    if (result.kind === 'ignored') return;
    this.state = result.to;
    this.stateWhy = why;
    this.sinceMs = this.clock.wallMs();
    const { pid, exit } = ended;
    this.onStep({ from, to: result.to, event, why, epoch, pid, exit });
    this.changed();
  }

  protected changed(): void {
    this.#probes.follow(this);
    this.onChanged();
  }

  #isLiving(epoch: number): boolean {
    return this.running && epoch === this.epoch;
  }

  #attached(what: string): Incarnation {
    if (this.life?.isAttached) return this.life;
    throw new MeshError('NOT_ATTACHED', `${this.name} ${what}`);
  }
}

/** Why a process drains that said so itself. */
const OWN_WILL = 'it is ending by itself';
