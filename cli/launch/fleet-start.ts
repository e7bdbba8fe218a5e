/**
 * One run of `mesh up`: starts the daemons, shows how far they are, holds them in the foreground or leaves them, and stops
 * what it started when it is interrupted or when one of them refuses to start. Nothing that it started outlives a failure.
 */
import type { FleetConfig, MachineConfig } from '../../common/config/fleet-config.js';
import { systemClock } from '../../common/core/clock.js';
import { errorTable, MeshError } from '../../common/core/errors.js';
import type { Context } from '../command/context.js';
import { counted, secondsText } from '../terminal/quantity.js';
import { MachineStart, type StartOutcome } from './machine-start.js';
import { stopMachine } from './machine-stop.js';
import { type NodeProcess, startNode } from './node-process.js';

export class FleetStart {
  /** The daemon that runs now, of each machine that was started. */
  readonly #nodes = new Map<MachineConfig, NodeProcess>();
  readonly #hurry = new AbortController();
  readonly #sinceMs = systemClock.wallMs();

  constructor(
    private readonly context: Context,
    private readonly fleet: FleetConfig,
    private readonly machines: readonly MachineConfig[],
  ) {
    context.onInterruptAgain(() => this.#hurry.abort());
  }

  /** @param how detach: leave it running; watch: let edited files take effect, in the foreground. */
  async run({ detach, watch }: { readonly detach: boolean; readonly watch: boolean }): Promise<number> {
    const { output, signal } = this.context;
    let outcomes: readonly StartOutcome[];
    try {
      outcomes = await this.#start();
    } catch (error) {
      await this.#stop();
      throw error;
    }
    const degraded = outcomes.some(({ phase, failed }) => phase !== 'ready' || failed.length > 0);
    this.#tell(outcomes);
    if (detach) {
      if (output.isHuman) output.note(`${output.noteColors.cyan('next:')} mesh ps, and later mesh down`);
      else await output.list(outcomes, { columns: [], name: ({ machine }) => machine, empty: '' });
      return degraded ? errorTable.DEGRADED.exitCode : 0;
    }
    try {
      if (!signal.aborted) await this.#hold(watch, outcomes);
    } finally {
      await this.#stop();
    }
    return 0;
  }

  async #start(): Promise<readonly StartOutcome[]> {
    const { signal, output } = this.context;
    const startNodeOf = await this.#starter();
    const nodes = signal.aborted ? [] : this.machines.map((machine) => ({ machine, node: startNodeOf(machine) }));
    // Only now: it is loaded while the nodes load theirs.
    const [{ showStart }, access] = await Promise.all([import('./start-progress.js'), this.context.access()]);
    const starts = nodes.map(({ machine, node }) => new MachineStart(machine, node, access, signal));
    await showStart(starts, output);
    const outcomes = await Promise.all(starts.map(({ outcome }) => outcome));
    if (signal.aborted) throw new MeshError('INTERRUPTED', 'the start was interrupted');
    return outcomes;
  }

  async #starter(): Promise<(machine: MachineConfig) => NodeProcess> {
    const { home, environment, logLevel } = await this.context.settings();
    const { env } = this.context.surroundings;
    return (machine) => {
      const node = startNode({ home, machine: machine.name, environment, logLevel, env });
      this.#nodes.set(machine, node);
      return node;
    };
  }

  #tell(outcomes: readonly StartOutcome[]): void {
    const { output } = this.context;
    for (const { machine, failed, held, stopped, problems, readyCount, agentCount } of outcomes) {
      output.note(`${machine}: ${readyCount} of ${counted(agentCount, 'agent')} ready`);
      if (stopped.length > 0) output.note(`stopped by hand, and left so: mesh start ${stopped.join(' ')}`);
      for (const { instance, why, lastLines } of failed) {
        output.warn(`${instance} is not ready: ${why}`);
        for (const line of lastLines) output.note(`  | ${line}`);
      }
      if (held.length > 0) output.warn(`held back by that: ${held.join(', ')}`);
      for (const problem of problems) output.warn(`${machine}: ${problem}`);
    }
    const readyCount = outcomes.reduce((sum, outcome) => sum + outcome.readyCount, 0);
    output.note(`${counted(readyCount, 'agent')} ready in ${secondsText(process.uptime() * 1_000)}`);
  }

  async #hold(watch: boolean, outcomes: readonly StartOutcome[]): Promise<void> {
    const { openLiveScreen } = await import('./live-screen.js');
    const { RunningFleet } = await import('./running-fleet.js');
    const { output, signal } = this.context;
    const { fleet, machines } = this;
    const access = await this.context.access();
    const screen = openLiveScreen(output);
    const nodePids = new Map(outcomes.filter(({ pid }) => pid > 0).map(({ machine, pid }) => [machine, pid]));
    const running = new RunningFleet({ fleet, access, screen, sinceMs: this.#sinceMs, nodePids, signal });
    let files: { close(): Promise<void> } | undefined;
    try {
      if (watch) {
        const { DevelopmentWatch } = await import('../development/development-watch.js');
        const tell = (text: string) => running.note(text);
        files = await DevelopmentWatch.open({ fleet, machines, access, signal, tell });
      }
      await running.run([...this.#nodes]);
    } finally {
      await files?.close();
      screen.close();
    }
  }

  /** Main last, so that the others hand over what they have. */
  async #stop(): Promise<void> {
    const { output } = this.context;
    const access = await this.context.access();
    const { home } = this.fleet;
    const onStep = (text: string) => output.note(text);
    const hurry = this.#hurry.signal;
    const stop = async ([machine, { keeperPid }]: readonly [MachineConfig, NodeProcess]) => {
      const { killed } = await stopMachine({ home, machine, keeperPid, access, hurry, onStep });
      if (killed.length > 0) output.warn(`${machine.name} did not end in time; killed ${killed.join(', ')}`);
    };
    await Promise.all([...this.#nodes].filter(([{ role }]) => role !== 'main').map(stop));
    await Promise.all([...this.#nodes].filter(([{ role }]) => role === 'main').map(stop));
  }
}
