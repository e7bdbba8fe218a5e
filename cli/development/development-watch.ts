/**
 * `mesh up --watch`: what is edited takes effect. A file of an agent restarts the agents that it touches, the configuration
 * is reloaded, and each time it is said what was done and why. A mistake in an edit changes nothing that runs.
 */
import { relative } from 'node:path';
import type { AgentSpec } from '../../common/config/agents/agent-specs.js';
import { type FleetConfig, loadFleet, type MachineConfig } from '../../common/config/fleet-config.js';
import { messageOf, toMeshError } from '../../common/core/errors.js';
import type { FleetAccess } from '../fleet/fleet-access.js';
import { plainLogLine } from '../logs/log-line.js';
import { AgentOperations } from '../operations/agent-operation.js';
import { followRollout } from '../operations/rollout-watch.js';
import { counted, secondsText } from '../terminal/quantity.js';
import { type FileWatch, watchFiles } from './file-watch.js';
import { WatchPlan } from './watch-plan.js';

export interface DevelopmentWatchOptions {
  readonly fleet: FleetConfig;
  /** Those that this run holds. */
  readonly machines: readonly MachineConfig[];
  readonly access: FleetAccess;
  readonly signal: AbortSignal;
  readonly tell: (text: string) => void;
}

export class DevelopmentWatch {
  #plan: WatchPlan;
  #fleet: FleetConfig;
  #files: FileWatch | undefined;

  private constructor(private readonly options: DevelopmentWatchOptions) {
    this.#fleet = options.fleet;
    this.#plan = this.#planOf(options.fleet);
  }

  /** Resolves when changes are seen from now on. */
  static async open(options: DevelopmentWatchOptions): Promise<DevelopmentWatch> {
    const watch = new DevelopmentWatch(options);
    await watch.#watch();
    const agentCount = watch.#plan.agentCount;
    options.tell(`watching config/, ports.json and the files of ${counted(agentCount, 'agent')}`);
    return watch;
  }

  async close(): Promise<void> {
    await this.#files?.close();
  }

  #planOf(fleet: FleetConfig): WatchPlan {
    const held = this.options.machines.flatMap(({ name }) => fleet.machines.get(name)?.agents ?? []);
    return new WatchPlan(fleet.home, held);
  }

  async #watch(): Promise<void> {
    const { tell } = this.options;
    const plan = this.#plan;
    const before = this.#files;
    this.#files = await watchFiles({
      roots: plan.roots,
      ignores: (path) => plan.ignores(path),
      onBatch: (paths) => this.#onBatch(paths).catch((error: unknown) => tell(messageOf(error))),
      onError: (error) => tell(`watching files failed: ${messageOf(error)}`),
    });
    await before?.close();
  }

  async #onBatch(paths: readonly string[]): Promise<void> {
    const { config, agents } = this.#plan.touchedBy(paths);
    const reloaded = config.length > 0 ? await this.#reload(config) : new Set<string>();
    const restarted = [...agents].filter(([{ instance }]) => !reloaded.has(instance));
    await Promise.all(restarted.map(([agent, path]) => this.#restart(agent, path)));
  }

  /** @returns the instances that it has touched. */
  async #reload(files: readonly string[]): Promise<ReadonlySet<string>> {
    const { machines, tell } = this.options;
    const { home, environment } = this.#fleet;
    const changed = files.map((file) => this.#shown(file)).join(', ');
    try {
      this.#fleet = loadFleet({ home, env: environment });
    } catch (error) {
      tell(`${changed} changed, with a mistake; nothing was changed:\n${messageOf(error)}`);
      return new Set();
    }
    const touched = await Promise.all(machines.map((machine) => this.#reloadMachine(machine, changed)));
    const next = this.#planOf(this.#fleet);
    const isOther = next.roots.join() !== this.#plan.roots.join();
    this.#plan = next;
    if (isOther) await this.#watch();
    return new Set(touched.flat());
  }

  async #reloadMachine(machine: MachineConfig, changed: string): Promise<readonly string[]> {
    const { access, signal, tell } = this.options;
    try {
      const node = await access.node(machine);
      const { changes, needsNode } = await node.request('node.reload', {});
      for (const what of needsNode) tell(`${machine.name}: ${what}: takes effect with the next "mesh up"`);
      if (changes.length === 0) {
        tell(`${changed} changed: nothing is different for the agents of ${machine.name}`);
        return [];
      }
      tell(
        `${changed} changed: ${changes.map(({ agent, change }) => `${change} ${agent}`).join(', ')} on ${machine.name}`,
      );
      const { state, why } = await followRollout({
        machine,
        access,
        signal,
        onStep: (step) => {
          const [reason = '', ...lines] = step.why.split('\n');
          tell(`${step.instance} ${step.change} ${step.state}${reason === '' ? '' : `: ${reason}`}`);
          for (const line of lines) tell(`  | ${plainLogLine(line)}`);
        },
      });
      if (state !== 'done') tell(`${machine.name} took it back: ${why}`);
      return changes.map(({ agent }) => `${agent}@${machine.name}`);
    } catch (error) {
      tell(`${changed} changed, and ${machine.name} did not take it: ${toMeshError(error).message}`);
      return [];
    }
  }

  async #restart(spec: AgentSpec, path: string): Promise<void> {
    const { access, signal, tell } = this.options;
    const machine = this.#fleet.machines.get(spec.machine);
    if (machine === undefined || signal.aborted) return;
    const [answer] = await access.askEach([machine], 'node.ps', {});
    const rows = answer !== undefined && 'body' in answer ? answer.body.agents : [];
    const row = rows.find(({ agent }) => agent === spec.name);
    const { instance, name: agent } = spec;
    if (row?.state === 'stopped') return tell(`${this.#shown(path)} changed: ${instance} is stopped, and stays so`);
    tell(`${this.#shown(path)} changed: restarting ${instance}`);
    const restarts = new AgentOperations({
      operation: 'restart',
      access,
      signal,
      waits: true,
      timeoutMs: undefined,
      onWaiting: () => undefined,
    });
    const { ok, ms, why, lastLines } = await restarts.run({ machine, agent, instance, row });
    if (signal.aborted) return;
    tell(`${instance} ${ok ? `is ready after ${secondsText(ms)}` : `failed: ${why}`}`);
    for (const line of lastLines) tell(`  | ${line}`);
  }

  #shown(path: string): string {
    return relative(this.#fleet.home, path);
  }
}
