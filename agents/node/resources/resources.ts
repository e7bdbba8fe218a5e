/**
 * What the processes of a machine may use, and do use. It samples them, puts those that have limits into control groups
 * where the kernel keeps such, and has whoever is over a limit in two looks in a row reported and drained. What follows is
 * the word of the agent's restart policy: such an end counts in its budget like a crash, so that an agent that is over its
 * limit again and again ends in quarantine and not in a circle.
 */
import type { Clock } from '../../../common/core/clock.js';
import type { AgentLog } from '../../../common/log/log.js';
import type { Input, Output } from '../../../common/protocol/catalogue.js';
import { instanceOf } from '../../../common/protocol/name.js';
import type { SupervisedProcess } from '../processes/supervised-process.js';
import type { Exit } from '../programs/exit.js';
import { NODE_AGENT } from '../records/incident.js';
import type { NodeJournal } from '../records/node-journal.js';
import { ControlGroups } from './control-groups.js';
import type { HealthBoard } from './health-board.js';
import { excessReport, excessText, kernelKillReport } from './limit-report.js';
import { type Excess, judge, type LimitWatch, signsOf } from './limit-verdict.js';
import type { UsageSample } from './usage-history.js';
import { type GroupUsage, kernelUnits, provenMemoryBytes } from './usage-reading.js';
import { UsageSampler, type Watched } from './usage-sampler.js';

export interface ResourcesOptions {
  readonly machine: string;
  /** Of this machine of this fleet: names the control groups that are ours. */
  readonly token: string;
  readonly processes: () => readonly SupervisedProcess[];
  /** Of the node itself. */
  readonly loopLagMs: () => number;
  readonly records: Pick<NodeJournal, 'reportDeath'>;
  readonly health: Pick<HealthBoard, 'look' | 'forget'>;
  readonly log: AgentLog;
  readonly clock: Clock;
}

/** What is known of one process that runs. */
interface Tenant {
  readonly pid: number;
  readonly limits: SupervisedProcess['plan']['limits'];
  watch: LimitWatch | undefined;
  killsTold: number;
}

export class Resources {
  readonly #sampler: UsageSampler;
  readonly #groups: ControlGroups;
  readonly #tenants = new Map<string, Tenant>();

  constructor(private readonly options: ResourcesOptions) {
    this.#groups = new ControlGroups(`mesh-${options.token}-`, (text) => options.log.warn(text));
    this.#sampler = new UsageSampler({
      processes: () => this.#watched(),
      onLook: (usage) => this.#onLook(usage),
      clock: options.clock,
      units: kernelUnits(),
    });
  }

  start(): void {
    const { log } = this.options;
    for (const warning of this.warnings) log.warn(warning);
    const { version } = this.#groups;
    if (version !== undefined) log.debug(`limits are kept by the kernel too, in control groups v${version}`);
    this.#sampler.start();
  }

  /** Leaves no empty group behind. */
  close(): void {
    this.#sampler.close();
    for (const name of this.#tenants.keys()) this.#groups.leave(name);
  }

  /** A process was started, adopted, given other limits, or has ended. */
  onChange({ name, pid, plan }: SupervisedProcess): void {
    const known = this.#tenants.get(name);
    if (pid === 0) {
      this.#groups.leave(name);
      this.#tenants.delete(name);
      this.options.health.forget(name);
    } else if (known?.pid !== pid || known.limits !== plan.limits) {
      this.#groups.enter(name, pid, plan.limits);
      const killsTold = this.#groups.killsOf(name);
      this.#tenants.set(name, { pid, limits: plan.limits, watch: known?.watch, killsTold });
    }
  }

  /** A process has just ended: what its group tells of that. */
  explain(name: string, exit: Exit): Exit {
    const isKill = exit.signal === 'SIGKILL' || (exit.signal === undefined && exit.code === undefined);
    const isKernels = isKill && this.#groups.killsOf(name) > (this.#tenants.get(name)?.killsTold ?? 0);
    return isKernels ? { ...exit, cause: 'killed by the kernel: over its memory limit' } : exit;
  }

  /** What the incarnation with this pid used at the last look. */
  latest(name: string, pid: number): UsageSample {
    return this.#sampler.latest(name, pid);
  }

  usage(input: Input<'node.usage'>): Output<'node.usage'> {
    return { machine: this.options.machine, agents: this.#sampler.answer(input) };
  }

  /** Where limits are not kept as well as they could be; for everybody who asks how the node is. */
  get warnings(): string[] {
    const wanted = this.options.processes().map(({ plan }) => plan.limits);
    const lacks: string[] = [];
    if (wanted.some(({ memoryBytes }) => memoryBytes !== undefined) && !this.#groups.keeps('memory'))
      lacks.push('limits of memory are kept by looking every second, not by the kernel');
    if (wanted.some(({ cpuPercent }) => cpuPercent !== undefined) && !this.#groups.keeps('cpu'))
      lacks.push('limits of cpuPercent are not kept');
    return lacks.length === 0 ? [] : [`this node may not make control groups: ${lacks.join('; ')}`];
  }

  #watched(): Watched[] {
    const own = { name: NODE_AGENT, pid: process.pid, loopLagMs: this.options.loopLagMs(), isLimited: false };
    const others = this.options.processes().map(({ name, pid, loopLagMs, attachment, plan }) => ({
      name,
      pid,
      loopLagMs: attachment.control === '' ? null : loopLagMs,
      isLimited: plan.limits.memoryBytes !== undefined || plan.limits.openFiles !== undefined,
    }));
    return [own, ...others];
  }

  #onLook(usage: ReadonlyMap<string, GroupUsage>): void {
    for (const process of this.options.processes()) {
      const { name } = process;
      const tenant = this.#tenants.get(name);
      const used = usage.get(name);
      // The last processes of a group may have been dying when it was to be taken away.
      if (tenant === undefined) this.#groups.leave(name);
      else if (used !== undefined) this.#judge(process, tenant, used);
    }
  }

  #judge(process: SupervisedProcess, tenant: Tenant, used: GroupUsage): void {
    this.#tellKernelKills(process, tenant);
    const { epoch, plan } = process;
    const rssBytes = provenBytes(used, plan.limits.memoryBytes);
    const look = { epoch, rssBytes, openFiles: used.openFiles };
    const { watch, excess } = judge(tenant.watch, look, plan.limits);
    tenant.watch = watch;
    const signs = signsOf(look, plan.limits);
    if (signs !== undefined) this.options.health.look(process.name, epoch, signs);
    if (excess !== undefined) this.#onExcess(process, excess, used.pids.length);
  }

  #onExcess(process: SupervisedProcess, excess: Excess, processCount: number): void {
    const { name, pid, epoch } = process;
    const { machine, records, log } = this.options;
    const [usage] = this.#sampler.answer({ agent: name, points: HOUR_POINTS });
    const lastHour = (excess.limit === 'memory' ? usage?.rssBytes : usage?.openFiles) ?? [];
    const report = excessReport(excess, { instance: instanceOf(name, machine), pid, processCount, lastHour });
    log.warn({ agent: name, epoch }, report.message);
    records.reportDeath(name, epoch, report);
    process.endBecause(`it ${excessText(excess)}`);
  }

  /** A worker that the kernel killed may be missed by nobody but its agent. */
  #tellKernelKills({ name, pid, epoch }: SupervisedProcess, tenant: Tenant): void {
    const killCount = this.#groups.killsOf(name);
    if (killCount <= tenant.killsTold) return;
    tenant.killsTold = killCount;
    const report = kernelKillReport(instanceOf(name, this.options.machine), pid, killCount);
    this.options.log.warn({ agent: name, epoch }, report.message);
    this.options.records.reportDeath(name, epoch, report);
  }
}

/** Memory that is shared counts once for whoever is about to be judged by it. */
function provenBytes({ rssBytes, pids }: GroupUsage, bound: number | undefined): number {
  if (bound === undefined || rssBytes <= bound || pids.length === 1) return rssBytes;
  return provenMemoryBytes(pids) ?? rssBytes;
}

/** Five minutes a point. */
const HOUR_POINTS = 12;
