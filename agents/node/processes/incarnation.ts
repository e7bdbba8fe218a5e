/**
 * One life of a supervised process: from its start, or from being found alive, to its end, which is told exactly once.
 *
 * L1  Ending means the whole process group: SIGTERM, the grace time, SIGKILL, and after the leader's end SIGKILL to
 *     whatever of its group is left.
 * L2  The end of a process that was found alive is told by no event: it is looked at. It is signalled only while pid and
 *     start are still its own, because a pid is used again.
 */
import type { Clock } from '../../../common/core/clock.js';
import { durationText } from '../../../common/core/duration.js';
import { ageMsOf, meshVariablesOf, processStat } from '../../../common/core/process-scan.js';
import type { Input } from '../../../common/protocol/catalogue.js';
import { sizeOf } from '../logs/log-file.js';
import { hasProcess, launch, signalGroup } from '../programs/child-process.js';
import type { Exit } from '../programs/exit.js';
import { foregroundExit } from '../programs/foreground.js';
import type { ProcessPlan } from '../programs/process-plan.js';

/** What a process says of itself when it attaches. */
export type Attachment = Pick<
  Input<'node.attach'>,
  'control' | 'version' | 'capabilities' | 'actions' | 'ipc' | 'idempotent'
>;
export const UNATTACHED: Attachment = { control: '', version: '', capabilities: [], actions: [] };

/** That part of `source`, as a value of its own; what it does not say is absent. */
export const attachmentOf = ({ control, version, capabilities, actions, ipc, idempotent }: Attachment) => ({
  control,
  version,
  capabilities: [...capabilities],
  actions: [...actions],
  ...(ipc === undefined ? {} : { ipc }),
  ...(idempotent === undefined ? {} : { idempotent: [...idempotent] }),
});

/** A process that lives, as it was found. */
export interface Living {
  readonly pid: number;
  readonly startTicks: number;
  readonly epoch: number;
  /** As an earlier node knew them; absent when nobody knew it. */
  readonly known?: { readonly startedMs: number; readonly planHash: string; readonly attachment: Attachment };
}

const LOG_OFFSET_VARIABLE = 'MESH_LOG_OFFSET';

export class Incarnation {
  attachment = UNATTACHED;
  loopLagMs = 0;
  rssBytes = 0;
  readonly startTicks: number;
  /** The size of its log when it was started. */
  readonly logOffset: number;
  readonly #bornAt: number;
  #heardAt: number;
  #silentSinceAt: number | undefined;
  #killTimer: NodeJS.Timeout | undefined;
  /** It was asked to end, and did not within this. */
  #overdueMs: number | undefined;
  #ended = false;

  private constructor(
    readonly epoch: number,
    /** 0 when it could not even be started. */
    readonly pid: number,
    readonly startedMs: number,
    /** Of this node; another one's end is told by no event. */
    readonly isChild: boolean,
    private readonly clock: Clock,
    private readonly onEnd: (exit: Exit) => void,
    born: { readonly startTicks: number; readonly ageMs: number; readonly logOffset: number },
  ) {
    this.logOffset = born.logOffset;
    this.startTicks = born.startTicks;
    this.#bornAt = clock.monotonicMs() - born.ageMs;
    this.#heardAt = clock.monotonicMs();
  }

  /** `onEnd` is never called before this returns, also when the process cannot even be started. */
  static start(plan: ProcessPlan, epoch: number, clock: Clock, onEnd: (exit: Exit) => void): Incarnation {
    const { executable, argv, cwd, user, nice, logFile } = plan;
    const logOffset = sizeOf(logFile);
    // In its environment, which outlives this node: the next one must not take an earlier one's lines for its own.
    const env = { ...plan.env(epoch), [LOG_OFFSET_VARIABLE]: String(logOffset) };
    const program = { executable, argv, cwd, user, nice, logFile, env };
    const pid = launch(program, async (exit) => {
      const speaks = plan.readiness === 'attach' || plan.readiness === 'ask';
      life.#end(speaks || life.#isAskedToEnd ? exit : await foregroundExit(exit, program.env));
    });
    const startTicks = pid === undefined ? 0 : (processStat(pid)?.startTicks ?? 0);
    const life = new Incarnation(epoch, pid ?? 0, clock.wallMs(), true, clock, onEnd, {
      startTicks,
      logOffset,
      ageMs: 0,
    });
    return life;
  }

  static adopt({ pid, startTicks, epoch, known }: Living, clock: Clock, onEnd: (exit: Exit) => void): Incarnation {
    const nowMs = clock.wallMs();
    // The age comes from the kernel: the wall clock may have been set since.
    const ageMs = ageMsOf(startTicks) ?? Math.max(0, nowMs - (known?.startedMs ?? nowMs));
    const startedMs = known?.startedMs ?? nowMs - ageMs;
    const logOffset = Number(meshVariablesOf(pid)?.[LOG_OFFSET_VARIABLE] ?? 0);
    const life = new Incarnation(epoch, pid, startedMs, false, clock, onEnd, { startTicks, ageMs, logOffset });
    if (known !== undefined) life.attachment = known.attachment;
    return life;
  }

  get isAttached(): boolean {
    return this.attachment.control !== '';
  }

  get ageMs(): number {
    return this.clock.monotonicMs() - this.#bornAt;
  }

  /** How long nothing was heard of it. */
  get unheardMs(): number {
    return this.clock.monotonicMs() - this.#heardAt;
  }

  /** How long it counts as silent; 0 while it does not. */
  get silentMs(): number {
    return this.#silentSinceAt === undefined ? 0 : this.clock.monotonicMs() - this.#silentSinceAt;
  }

  hear(): void {
    this.#heardAt = this.clock.monotonicMs();
    this.#silentSinceAt = undefined;
  }

  /** It counts as silent from now on, or for `alreadyMs`. */
  miss(alreadyMs = 0): void {
    this.#silentSinceAt ??= this.clock.monotonicMs() - alreadyMs;
  }

  /**
   * Whether it still lives, for one that no event tells of. The quick look costs next to nothing, and takes a process that
   * nobody has buried yet for a living one.
   */
  look(isQuick: boolean): void {
    if (this.isChild || (isQuick ? hasProcess(this.pid) : this.#isOurs())) return;
    this.#end({ code: undefined, signal: undefined });
  }

  /** Asks it to end, and ends it when the grace is over. Asking twice changes nothing. */
  terminate(graceMs: number): void {
    if (this.#killTimer !== undefined || this.#ended) return;
    this.#signal('SIGTERM');
    this.#killTimer = setTimeout(() => {
      this.#overdueMs = graceMs;
      this.kill();
    }, graceMs);
  }

  kill(): void {
    this.#signal('SIGKILL');
  }

  get #isAskedToEnd(): boolean {
    return this.#killTimer !== undefined;
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#ended || this.pid === 0) return;
    if (this.isChild || this.#isOurs()) signalGroup(this.pid, signal);
  }

  #isOurs(): boolean {
    return processStat(this.pid)?.startTicks === this.startTicks;
  }

  #end(exit: Exit): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#killTimer);
    // L2: the group of one that was not a child may be somebody else's by now; its leftovers are known by their token.
    if (this.isChild && this.pid !== 0) signalGroup(this.pid, 'SIGKILL');
    const late = `killed: it had not ended ${durationText(this.#overdueMs ?? 0)} after SIGTERM`;
    this.onEnd(this.#overdueMs === undefined ? exit : { ...exit, cause: late });
  }
}
