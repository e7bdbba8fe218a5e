/**
 * The fleet that `mesh up` holds in the foreground: whether its daemons are there, and what is known of its agents and
 * errors. It starts nothing: a daemon that dies is its keeper's business, and is said here.
 */
import type { FleetConfig, MachineConfig } from '../../common/config/fleet-config.js';
import { delay, systemClock } from '../../common/core/clock.js';
import { MeshError } from '../../common/core/errors.js';
import { limits } from '../../common/core/limits.js';
import type { Output as Answer } from '../../common/protocol/catalogue.js';
import { ERRORS_STREAM } from '../../common/protocol/errors/error-report.js';
import type { FleetAccess, MachineAnswer } from '../fleet/fleet-access.js';
import { replacedText, tailLog } from '../records/log-tail.js';
import { type ProcessRow, processRowOf } from '../rows/process-row.js';
import { type ErrorRow, errorRowOf } from '../rows/record-row.js';
import { clockText } from '../terminal/quantity.js';
import type { LiveScreen } from './live-screen.js';
import type { LiveMachine, LivePicture } from './live-view.js';
import type { NodeProcess } from './node-process.js';
import { refusalOf } from './node-words.js';

export interface RunningFleetOptions {
  readonly fleet: FleetConfig;
  readonly access: FleetAccess;
  readonly screen: LiveScreen;
  /** Wall clock: errors that are older are another run's. */
  readonly sinceMs: number;
  /** Of each machine the process that came up: another one at the first look is said, too. */
  readonly nodePids: ReadonlyMap<string, number>;
  /** Aborted when the fleet is to be stopped: then an end of a daemon is no accident. */
  readonly signal: AbortSignal;
}

const POLL_MS = 500;
const ERRORS_KEPT = 100;
const NOTES_KEPT = 20;

export class RunningFleet {
  readonly #errors: ErrorRow[] = [];
  readonly #notes: string[] = [];
  /** The last word of each machine: shown until there is a newer one. */
  readonly #rows = new Map<string, readonly ProcessRow[]>();
  readonly #phases = new Map<string, string>();
  readonly #nodePids: Map<string, number>;

  constructor(private readonly options: RunningFleetOptions) {
    this.#nodePids = new Map(options.nodePids);
  }

  /** Runs until the signal, or until no machine has a keeper any more. */
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
    await Promise.all(nodes.map(([machine, node]) => this.#untilKeeperEnds(machine, node)));
    done.abort();
    await watching;
  }

  async #untilKeeperEnds(machine: MachineConfig, node: NodeProcess): Promise<void> {
    const { signal } = this.options;
    const aborted = new Promise<undefined>((resolve) => {
      if (signal.aborted) resolve(undefined);
      signal.addEventListener('abort', () => resolve(undefined), { once: true });
    });
    const exit = await Promise.race([node.exit, aborted]);
    if (exit === undefined || signal.aborted) return;
    if (exit.code === 0) return this.note(`${machine.name} was stopped`);
    if (exit.cause === null) return this.note(refusalOf(node, exit).message);
    // Its node goes on, and so does this view of it.
    this.note(`the keeper of ${machine.name} was ended by ${exit.cause}: nobody starts its node again`);
    await aborted;
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
      for (const answer of states) this.#onStatus(answer);
      if (!signal.aborted) await this.options.screen.show(this.#picture(machines));
      await delay(POLL_MS, signal).catch(() => undefined);
    }
  }

  #onStatus(answer: MachineAnswer<Answer<'node.status'>>): void {
    const { name } = answer.machine;
    if ('error' in answer) {
      if (this.#phases.get(name) !== 'unreachable') this.note(`the node of ${name} does not answer`);
      this.#phases.set(name, 'unreachable');
      return;
    }
    const { phase, pid } = answer.body;
    const known = this.#nodePids.get(name);
    if (known !== undefined && known !== pid) this.note(`${name} has a new node: process ${pid} instead of ${known}`);
    else if (this.#phases.get(name) === 'unreachable') this.note(`the node of ${name} answers again`);
    this.#nodePids.set(name, pid);
    this.#phases.set(name, phase);
  }

  async #watchErrors(signal: AbortSignal): Promise<void> {
    const { access, screen } = this.options;
    while (!signal.aborted) {
      try {
        await tailLog({
          filter: { stream: ERRORS_STREAM },
          last: ERRORS_KEPT,
          from: undefined,
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
            this.note(problem ? `${problem.message}; errors come when it is back` : 'the log is back'),
          onReplaced: (lastSharedId) => this.note(replacedText(lastSharedId)),
        });
      } catch (error) {
        if (!(error instanceof MeshError)) throw error;
        await delay(limits.heartbeatIntervalMs, signal).catch(() => undefined);
      }
    }
  }

  /** Something that happened, for whoever looks at the fleet. */
  note(text: string): void {
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
