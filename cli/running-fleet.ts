/**
 * The fleet that `mesh up` holds in the foreground: its daemons, each started again when it dies by itself, and what is
 * known of its agents and errors. A daemon that ends with 0 was stopped by somebody and stays down.
 */
import type { FleetConfig, MachineConfig } from '../common/config/fleet-config.js';
import { type BackoffPolicy, backoffMs } from '../common/core/backoff.js';
import { delay, systemClock } from '../common/core/clock.js';
import { MeshError, messageOf } from '../common/core/errors.js';
import { limits } from '../common/core/limits.js';
import { ERRORS_STREAM } from '../common/protocol/error-report.js';
import type { FleetAccess } from './fleet-access.js';
import type { LiveScreen } from './live-screen.js';
import type { LiveMachine, LivePicture } from './live-view.js';
import { tailLog } from './log-tail.js';
import type { NodeProcess } from './node-process.js';
import { refusalOf } from './node-words.js';
import { type ProcessRow, processRowOf } from './process-row.js';
import { clockText } from './quantity.js';
import { type ErrorRow, errorRowOf } from './record-row.js';

export interface RunningFleetOptions {
  readonly fleet: FleetConfig;
  readonly access: FleetAccess;
  readonly screen: LiveScreen;
  /** Wall clock: errors that are older are another run's. */
  readonly sinceMs: number;
  readonly restart: (machine: MachineConfig) => NodeProcess;
  /** Aborted when the fleet is to be stopped: then an end of a daemon is no accident. */
  readonly signal: AbortSignal;
}

const POLL_MS = 500;
const ERRORS_KEPT = 100;
const NOTES_KEPT = 20;
const RESTART: BackoffPolicy = { firstMs: 500, maxMs: 15_000, factor: 2 };
/** A daemon that lived this long begins anew with the shortest wait. */
const STABLE_MS = 60_000;

export class RunningFleet {
  readonly #errors: ErrorRow[] = [];
  readonly #notes: string[] = [];
  /** The last word of each machine: shown until there is a newer one. */
  readonly #rows = new Map<string, readonly ProcessRow[]>();
  readonly #phases = new Map<string, string>();

  constructor(private readonly options: RunningFleetOptions) {}

  /** Runs until the signal, or until every daemon was stopped by somebody else. */
  async run(nodes: readonly (readonly [MachineConfig, NodeProcess])[]): Promise<void> {
    const done = new AbortController();
    const signal = AbortSignal.any([this.options.signal, done.signal]);
    const watching = Promise.all([
      this.#watchErrors(signal),
      this.#watchProcesses(
        nodes.map(([machine]) => machine),
        signal,
      ),
    ]);
    await Promise.all(nodes.map(([machine, node]) => this.#keep(machine, node)));
    done.abort();
    await watching;
  }

  async #keep(machine: MachineConfig, first: NodeProcess): Promise<void> {
    const { signal, restart } = this.options;
    const aborted = new Promise<undefined>((resolve) => {
      if (signal.aborted) resolve(undefined);
      signal.addEventListener('abort', () => resolve(undefined), { once: true });
    });
    let node = first;
    let startedMs = systemClock.monotonicMs();
    for (let attempt = 1; ; attempt++) {
      const exit = await Promise.race([node.exit, aborted]);
      if (exit === undefined || signal.aborted) return;
      if (exit.code === 0) return this.#note(`${machine.name} was stopped`);
      if (systemClock.monotonicMs() - startedMs > STABLE_MS) attempt = 1;
      const waitMs = backoffMs(RESTART, attempt, Math.random());
      this.#note(`${refusalOf(node, exit).message}\nstarting ${machine.name} again in ${Math.round(waitMs)} ms`);
      await delay(waitMs, signal).catch(() => undefined);
      if (signal.aborted) return;
      try {
        node = restart(machine);
        startedMs = systemClock.monotonicMs();
      } catch (error) {
        this.#note(`${machine.name} cannot be started: ${messageOf(error)}`);
      }
    }
  }

  async #watchProcesses(machines: readonly MachineConfig[], signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const [lists, states] = await Promise.all([
        this.options.access.askEach(machines, 'node.ps', {}, { timeoutMs: limits.cliConnectTimeoutMs }),
        this.options.access.askEach(machines, 'node.status', {}, { timeoutMs: limits.cliConnectTimeoutMs }),
      ]);
      const nowMs = systemClock.wallMs();
      for (const answer of lists) {
        if ('body' in answer)
          this.#rows.set(
            answer.machine.name,
            answer.body.agents.map((row) => processRowOf(row, nowMs)),
          );
      }
      for (const answer of states) {
        this.#phases.set(answer.machine.name, 'body' in answer ? answer.body.phase : 'unreachable');
      }
      if (!signal.aborted) await this.options.screen.show(this.#picture(machines));
      await delay(POLL_MS, signal).catch(() => undefined);
    }
  }

  async #watchErrors(signal: AbortSignal): Promise<void> {
    const { access, screen } = this.options;
    while (!signal.aborted) {
      try {
        await tailLog({
          filter: { stream: ERRORS_STREAM },
          last: ERRORS_KEPT,
          fromId: undefined,
          follow: true,
          signal,
          connect: () => access.log(),
          onRecord: async (record) => {
            if (record.tsMs < this.options.sinceMs) return;
            const row = errorRowOf(record);
            this.#errors.push(row);
            this.#errors.splice(0, this.#errors.length - ERRORS_KEPT);
            await screen.onError(row);
          },
          onLink: (problem) =>
            this.#note(problem ? `${problem.message}; errors come when it is back` : 'the log is back'),
        });
      } catch (error) {
        if (!(error instanceof MeshError)) throw error;
        await delay(limits.heartbeatIntervalMs, signal).catch(() => undefined);
      }
    }
  }

  #note(text: string): void {
    const note = `${clockText(systemClock.wallMs())} ${text}`;
    this.#notes.push(...note.split('\n'));
    this.#notes.splice(0, this.#notes.length - NOTES_KEPT);
    this.options.screen.onNote(note);
  }

  #picture(machines: readonly MachineConfig[]): LivePicture {
    const { meshName, warnings } = this.options.fleet;
    const states = machines.map(({ name }): LiveMachine => ({ name, phase: this.#phases.get(name) ?? 'starting' }));
    const processes = machines.flatMap(({ name }) => this.#rows.get(name) ?? []);
    return { meshName, machines: states, processes, errors: this.#errors, notes: this.#notes, warnings };
  }
}
