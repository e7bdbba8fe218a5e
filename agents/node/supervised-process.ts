/**
 * One process that its node keeps running: the broker or an agent.
 *
 * I1  At most one incarnation lives: the next is launched only after the end of the last was seen.
 * I2  Each incarnation has a higher epoch; words of another one are refused with STALE_EPOCH or NOT_ATTACHED.
 * I3  Ending means the whole process group: SIGTERM, the grace time, SIGKILL, and after the leader's end SIGKILL to
 *     whatever it left behind.
 * I4  What ends although it is wanted is reported once and launched again after a backoff.
 */
import { backoffMs } from '../../common/core/backoff.js';
import { MeshError } from '../../common/core/errors.js';
import { limits } from '../../common/core/limits.js';
import { processStat } from '../../common/core/process-scan.js';
import { transition } from '../../common/core/state-table.js';
import type { Input } from '../../common/protocol/catalogue.js';
import type { AgentState } from '../../common/protocol/registry-entry.js';
import { agentLifecycle, type LifecycleEvent } from './agent-lifecycle.js';
import { type Exit, launch, signalGroup } from './child-process.js';
import { exitText } from './crash-report.js';
import type { ProcessPlan } from './process-plan.js';

export interface SupervisionEvents {
  /** Anything that others see of it has changed. */
  readonly onChange: (process: SupervisedProcess) => void;
  /** It ended although it is wanted; it will be launched again in `restartInMs`. */
  readonly onCrash: (process: SupervisedProcess, exit: Exit, restartInMs: number) => void;
  readonly nextEpoch: () => number;
  readonly wallMs: () => number;
  readonly monotonicMs: () => number;
}

type Attachment = Pick<Input<'node.attach'>, 'control' | 'version' | 'capabilities' | 'actions'>;
const UNATTACHED: Attachment = { control: '', version: '', capabilities: [], actions: [] };

const RESTART = { firstMs: 200, maxMs: 30_000, factor: 2 };
/** An incarnation that lived this long has proven itself: the next crash begins the backoff anew. */
const STABLE_MS = 30_000;
/** How often an adopted process, whose end no event tells, is looked at. */
const ADOPTED_POLL_MS = 100;

export class SupervisedProcess {
  state: AgentState = 'stopped';
  sinceMs: number;
  pid = 0;
  epoch = 0;
  restarts = 0;
  startedMs = 0;
  loopLagMs = 0;
  rssBytes = 0;
  lastExit: string | undefined;
  attachment: Attachment = UNATTACHED;
  #wanted = false;
  #attempts = 0;
  #launchedAt = 0;
  #lastHeardAt = 0;
  #restartTimer: NodeJS.Timeout | undefined;
  #readyTimer: NodeJS.Timeout | undefined;
  #killTimer: NodeJS.Timeout | undefined;
  #adoptedPoll: NodeJS.Timeout | undefined;
  /** Why this node itself killed it. */
  #killedBecause: string | undefined;
  #onEnded: (() => void)[] = [];

  constructor(
    readonly plan: ProcessPlan,
    private readonly events: SupervisionEvents,
  ) {
    this.sinceMs = events.wallMs();
  }

  get running(): boolean {
    return this.pid !== 0;
  }

  get uptimeMs(): number {
    return this.running ? this.events.monotonicMs() - this.#launchedAt : 0;
  }

  /** Wants it from now on; launches it unless it runs. */
  start(): void {
    this.#wanted = true;
    if (!this.running && this.state === 'stopped') this.#launch();
  }

  /** Takes over a living process of an earlier node. Its end is found by looking. */
  adopt(found: { pid: number; startTicks: number; epoch: number }): void {
    this.#wanted = true;
    this.#begin(found.pid, found.epoch);
    this.#adoptedPoll = setInterval(() => {
      if (processStat(found.pid)?.startTicks !== found.startTicks) this.#onExit({ code: undefined, signal: undefined });
    }, ADOPTED_POLL_MS);
  }

  /** Ends it for good; resolves when nothing of its group is left. Idempotent. */
  async stop(): Promise<void> {
    this.#wanted = false;
    clearTimeout(this.#restartTimer);
    this.#apply('drain');
    if (!this.running) return;
    const ended = new Promise<void>((resolve) => this.#onEnded.push(resolve));
    if (this.#killTimer === undefined) {
      signalGroup(this.pid, 'SIGTERM');
      this.#killTimer = setTimeout(() => this.kill(), this.plan.stopGraceMs);
    }
    await ended;
  }

  /** SIGKILL to the group; if it is wanted, it comes back like after any crash. */
  kill(): void {
    if (this.running) signalGroup(this.pid, 'SIGKILL');
  }

  /** @throws NOT_ATTACHED, STALE_EPOCH when these are not the words of the living incarnation */
  assertCurrent(epoch: number, pid?: number): void {
    if (epoch < this.epoch)
      throw new MeshError('STALE_EPOCH', `${this.plan.name} has a newer incarnation, ${this.epoch}`, {
        details: { epoch: this.epoch },
      });
    if (!this.running || epoch > this.epoch || (pid !== undefined && pid !== this.pid)) {
      throw new MeshError('NOT_ATTACHED', `this node did not start incarnation ${epoch} of ${this.plan.name}`);
    }
  }

  onAttach(attachment: Attachment): void {
    this.attachment = { ...attachment };
    this.#hear();
    this.events.onChange(this);
  }

  onReady(): void {
    if (this.attachment === UNATTACHED)
      throw new MeshError('NOT_ATTACHED', `${this.plan.name} must attach before it is ready`);
    this.#hear();
    clearTimeout(this.#readyTimer);
    this.#apply('serve');
  }

  onBeat(loopLagMs: number, rssBytes: number): void {
    if (this.attachment === UNATTACHED)
      throw new MeshError('NOT_ATTACHED', `the node was started again: attach ${this.plan.name} anew`);
    this.loopLagMs = loopLagMs;
    this.rssBytes = rssBytes;
    this.#hear();
    this.#apply('heard');
  }

  onDraining(): void {
    this.#apply('drain');
  }

  /** Called about twice a second. */
  tick(): void {
    if (this.running && this.events.monotonicMs() - this.#lastHeardAt > limits.heartbeatTimeoutMs)
      this.#apply('silent');
  }

  #hear(): void {
    this.#lastHeardAt = this.events.monotonicMs();
  }

  #launch(): void {
    const epoch = this.events.nextEpoch();
    const { executable, argv, cwd, logFile } = this.plan;
    let current = true;
    const onExit = (exit: Exit) => {
      if (!current) return;
      current = false;
      this.#onExit(exit);
    };
    const pid = launch({ executable, argv, cwd, logFile, env: this.plan.env(epoch) }, onExit);
    this.#begin(pid ?? 0, epoch);
  }

  #begin(pid: number, epoch: number): void {
    this.pid = pid;
    this.epoch = epoch;
    this.startedMs = this.events.wallMs();
    this.#launchedAt = this.events.monotonicMs();
    this.attachment = UNATTACHED;
    this.loopLagMs = 0;
    this.rssBytes = 0;
    this.#hear();
    this.#readyTimer = setTimeout(() => this.#onReadyTimeout(), this.plan.readyTimeoutMs);
    this.#apply('launch');
  }

  #onReadyTimeout(): void {
    this.#killedBecause = `not ready within ${this.plan.readyTimeoutMs} ms`;
    this.kill();
  }

  #onExit(exit: Exit): void {
    clearInterval(this.#adoptedPoll);
    clearTimeout(this.#readyTimer);
    clearTimeout(this.#killTimer);
    this.#killTimer = undefined;
    if (this.pid !== 0) signalGroup(this.pid, 'SIGKILL');
    const told = this.#killedBecause === undefined ? exit : { ...exit, reason: this.#killedBecause };
    this.#killedBecause = undefined;
    this.lastExit = exitText(told);
    if (this.#wanted) this.#onCrash(told);
    else {
      this.pid = 0;
      this.attachment = UNATTACHED;
      this.#apply('end');
    }
    for (const resolve of this.#onEnded.splice(0)) resolve();
  }

  #onCrash(exit: Exit): void {
    if (this.uptimeMs > STABLE_MS) this.#attempts = 0;
    const restartInMs = backoffMs(RESTART, ++this.#attempts, Math.random());
    this.events.onCrash(this, exit, restartInMs);
    this.pid = 0;
    this.attachment = UNATTACHED;
    this.#apply('crash');
    this.#restartTimer = setTimeout(() => {
      this.restarts++;
      this.#launch();
    }, restartInMs);
  }

  #apply(event: LifecycleEvent): void {
    const result = transition(agentLifecycle, this.state, event);
    if (result.kind === 'refused')
      throw new MeshError('INTERNAL', `${this.plan.name} cannot ${event} while it is ${this.state}`);
    if (result.kind === 'ignored') return;
    this.state = result.to;
    this.sinceMs = this.events.wallMs();
    this.events.onChange(this);
  }
}
