/**
 * One machine on its way up: asks its daemon again and again until every agent is ready or the daemon says that it is
 * done without them. Whoever shows progress awaits the parts by name; whoever decides awaits the outcome.
 */
import type { AgentSpec } from '../common/config/agent-specs.js';
import type { MachineConfig } from '../common/config/fleet-config.js';
import { delay, systemClock } from '../common/core/clock.js';
import { MeshError } from '../common/core/errors.js';
import { limits } from '../common/core/limits.js';
import type { Output as Answer, ProcessRowBody } from '../common/protocol/catalogue.js';
import type { FleetAccess } from './fleet-access.js';
import type { NodeProcess } from './node-process.js';
import { refusalOf } from './node-words.js';

export interface FailedAgent {
  readonly instance: string;
  /** How it is, and how it ended the last time. */
  readonly why: string;
  readonly lastLines: readonly string[];
}

export interface StartOutcome {
  readonly machine: string;
  readonly phase: string;
  readonly readyCount: number;
  readonly agentCount: number;
  readonly pid: number;
  readonly failed: readonly FailedAgent[];
  readonly problems: readonly string[];
}

/** An agent's own failure, as opposed to that of the whole start. */
export class AgentNotReady extends Error {}

const POLL_MS = 100;
/** What the daemon, its journal and its broker need on a slow box, before the first agent is started. */
const OWN_START_MS = 30_000;

interface Part {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class MachineStart {
  /** `node`, then the agents in start order. */
  readonly #parts: ReadonlyMap<string, Part>;
  readonly outcome: Promise<StartOutcome>;

  constructor(
    readonly machine: MachineConfig,
    private readonly node: NodeProcess,
    private readonly access: FleetAccess,
    private readonly signal: AbortSignal,
  ) {
    this.#parts = new Map(['node', ...machine.agents.map(({ name }) => name)].map((name) => [name, newPart()]));
    this.outcome = this.#watch();
    this.outcome.catch(() => this.#giveUp());
  }

  get partNames(): readonly string[] {
    return [...this.#parts.keys()];
  }

  /** Resolves when that part is ready; rejects with why it is not. */
  part(name: string): Promise<void> {
    return this.#parts.get(name)?.promise ?? Promise.resolve();
  }

  async #watch(): Promise<StartOutcome> {
    const ended = this.node.exit.then((exit) => {
      throw refusalOf(this.node, exit);
    });
    ended.catch(() => undefined);
    const deadlineMs = systemClock.monotonicMs() + startBoundMs(this.machine);
    for (;;) {
      if (this.signal.aborted) throw new MeshError('INTERRUPTED', `the start of ${this.machine.name} was interrupted`);
      const answer = await Promise.race([this.#ask(), ended]);
      const isLate = systemClock.monotonicMs() > deadlineMs;
      if (answer !== undefined) {
        this.#parts.get('node')?.resolve();
        for (const { agent, state } of answer.rows) if (serves(state)) this.#parts.get(agent)?.resolve();
        const isDone = answer.status.phase !== 'starting' || isHopeless(this.machine.agents, answer.rows);
        if (isDone || isLate) return await this.#conclude(answer.status, answer.rows);
      } else if (isLate) {
        throw new MeshError('TIMED_OUT', `the node of ${this.machine.name} does not answer`, {
          hint: `its output is in ${this.node.logFile}`,
        });
      }
      await Promise.race([delay(POLL_MS, this.signal).catch(() => undefined), ended]);
    }
  }

  async #ask(): Promise<{ status: Answer<'node.status'>; rows: readonly ProcessRowBody[] } | undefined> {
    try {
      const node = await this.access.node(this.machine);
      const [status, { agents }] = await Promise.all([node.request('node.status', {}), node.request('node.ps', {})]);
      return { status, rows: agents };
    } catch {
      return undefined; // not there yet; whether it ever will be is for the deadline and the exit to say
    }
  }

  async #conclude(status: Answer<'node.status'>, rows: readonly ProcessRowBody[]): Promise<StartOutcome> {
    const { phase, readyCount, agentCount, pid, problems } = status;
    const late = this.machine.agents.filter(({ name }) => !rows.some((row) => row.agent === name && serves(row.state)));
    const failed = await Promise.all(
      late.map(async ({ name, instance }): Promise<FailedAgent> => {
        const row = rows.find(({ agent }) => agent === name);
        const why = whyNotReady(row);
        this.#parts.get(name)?.reject(new AgentNotReady(why));
        return { instance, why, lastLines: await this.#lastLinesOf(name) };
      }),
    );
    for (const part of this.#parts.values()) part.resolve();
    return { machine: this.machine.name, phase, readyCount, agentCount, pid, failed, problems };
  }

  async #lastLinesOf(agent: string): Promise<readonly string[]> {
    try {
      const node = await this.access.node(this.machine);
      return (await node.request('node.logs', { agent, last: limits.lastLogLines })).lines;
    } catch {
      return [];
    }
  }

  /** Why, the outcome says. */
  #giveUp(): void {
    for (const part of this.#parts.values()) part.reject(new Error('not started'));
  }
}

function whyNotReady(row: ProcessRowBody | undefined): string {
  if (row === undefined) return 'its node does not know it';
  if (row.restarts === 0 && row.lastExit === undefined) {
    return row.state === 'stopped' ? 'it waits for another agent' : `it is still ${row.state}`;
  }
  return `it ended ${row.restarts + 1} times, at last with ${row.lastExit ?? 'an unknown exit'}`;
}

/** Falls again and again: waiting longer tells nothing new. */
const RESTARTS_OF_HOPELESS = 2;

/** Whether all that is not ready fails over and over, or waits for something that does. */
export function isHopeless(
  agents: readonly Pick<AgentSpec, 'name' | 'after'>[],
  rows: readonly Pick<ProcessRowBody, 'agent' | 'state' | 'restarts'>[],
): boolean {
  const fails = (name: string): boolean =>
    rows.some(({ agent, state, restarts }) => agent === name && !serves(state) && restarts >= RESTARTS_OF_HOPELESS);
  const ready = new Set(rows.filter(({ state }) => serves(state)).map(({ agent }) => agent));
  const lost = new Set(agents.filter(({ name }) => fails(name) || fails('broker')).map(({ name }) => name));
  // Agents are in start order: what one waits for stands before it.
  for (const { name, after } of agents) if (after.some(({ agent }) => lost.has(agent))) lost.add(name);
  return lost.size > 0 && agents.every(({ name }) => ready.has(name) || lost.has(name));
}

/** Alive but lagging is not failed. */
const serves = (state: string): boolean => state === 'ready' || state === 'busy';

const startBoundMs = ({ waves, agents }: MachineConfig): number =>
  waves
    .map((names) =>
      Math.max(0, ...agents.filter(({ name }) => names.includes(name)).map((agent) => agent.readyTimeoutMs)),
    )
    .reduce((sum, ms) => sum + ms, OWN_START_MS);

function newPart(): Part {
  let resolve: () => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<void>((onReady, onFailed) => {
    resolve = onReady;
    reject = onFailed;
  });
  promise.catch(() => undefined); // shown by whoever awaits it; nobody need
  return { promise, resolve, reject };
}
