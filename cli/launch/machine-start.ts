/**
 * One machine on its way up: asks its daemon again and again until every agent is ready or the daemon says that it is
 * done without them. Whoever shows progress awaits the parts by name; whoever decides awaits the outcome.
 */
import type { MachineConfig } from '../../common/config/fleet-config.js';
import { delay, systemClock } from '../../common/core/clock.js';
import { MeshError } from '../../common/core/errors.js';
import type { Output as Answer, ProcessRowBody } from '../../common/protocol/catalogue.js';
import type { FleetAccess } from '../fleet/fleet-access.js';
import { briefEnd, LINES_ASKED } from '../logs/log-line.js';
import { hasStarted, whyDown, whyFalling } from '../operations/operation-standing.js';
import { isHopeless, launchStanding, restingAmong } from './launch-standing.js';
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
  /** Until all were ready, or nothing more was to come. */
  readonly ms: number;
  readonly failed: readonly FailedAgent[];
  /** Not started, because of those that failed. */
  readonly held: readonly string[];
  /** Somebody stopped them: they stay down until somebody starts them. */
  readonly stopped: readonly string[];
  readonly problems: readonly string[];
}

/** An agent's own failure, as opposed to that of the whole start. */
export class AgentNotReady extends Error {
  constructor(
    message: string,
    /** Its own: not that of another one it waits for, nor somebody's wish. */
    readonly isFault: boolean,
  ) {
    super(message);
  }
}

const POLL_MS = 100;
/** Between two lists of all agents, which are most of what a start that is watched costs its node and this process. */
const ROWS_MS = 300;
/** What the daemon, its journal and its broker need on a slow box, before the first agent is started. */
const OWN_START_MS = 30_000;

interface Part {
  readonly promise: Promise<number>;
  readonly resolve: (ms: number) => void;
  readonly reject: (error: Error) => void;
}

export class MachineStart {
  /** `node`, then the agents in start order. */
  readonly #parts: ReadonlyMap<string, Part>;
  readonly outcome: Promise<StartOutcome>;
  readonly #sinceMs = systemClock.monotonicMs();
  #rowsMs = Number.NEGATIVE_INFINITY;
  #rows: readonly ProcessRowBody[] = [];

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

  /** Resolves with how long it took until that part was ready; rejects with why it is not. */
  part(name: string): Promise<number> {
    return this.#parts.get(name)?.promise ?? Promise.resolve(0);
  }

  get #elapsedMs(): number {
    return Math.round(systemClock.monotonicMs() - this.#sinceMs);
  }

  async #watch(): Promise<StartOutcome> {
    const ended = this.node.exit.then((exit) => {
      if (exit.code === 0) return 'taken down' as const;
      throw refusalOf(this.node, exit);
    });
    ended.catch(() => undefined);
    const deadlineMs = systemClock.monotonicMs() + startBoundMs(this.machine);
    for (;;) {
      if (this.signal.aborted) throw new MeshError('INTERRUPTED', `the start of ${this.machine.name} was interrupted`);
      const answer = await Promise.race([this.#ask(), ended]);
      if (answer === 'taken down') return this.#takenDown(0);
      const isLate = systemClock.monotonicMs() > deadlineMs;
      if (answer !== undefined) {
        this.#parts.get('node')?.resolve(this.#elapsedMs);
        for (const { agent, state } of answer.rows)
          if (hasStarted(state)) this.#parts.get(agent)?.resolve(this.#elapsedMs);
        const standing = launchStanding(this.machine.agents, answer.rows);
        const isDone = answer.status.phase !== 'starting' || isHopeless(standing);
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
      const status = await node.request('node.status', {});
      const nowMs = systemClock.monotonicMs();
      // Whoever is told the end is told of all of them as they are then.
      if (status.phase !== 'starting' || nowMs - this.#rowsMs >= ROWS_MS) {
        this.#rows = (await node.request('node.ps', {})).agents;
        this.#rowsMs = nowMs;
      }
      return { status, rows: this.#rows };
    } catch {
      return undefined; // not there yet; whether it ever will be is for the deadline and the exit to say
    }
  }

  async #conclude(status: Answer<'node.status'>, rows: readonly ProcessRowBody[]): Promise<StartOutcome> {
    const { phase, readyCount, agentCount, pid, problems } = status;
    if (phase === 'stopping') return this.#takenDown(pid);
    const { agents, name: machine } = this.machine;
    const { lost, held, coming } = launchStanding(agents, rows);
    const { stopped, waiting } =
      phase === 'starting' ? { stopped: [], waiting: [] } : restingAmong(coming, agents, rows);
    const heldBack = [...held, ...waiting];
    for (const name of heldBack) this.#parts.get(name)?.reject(new AgentNotReady('held back', false));
    for (const name of stopped) this.#parts.get(name)?.reject(new AgentNotReady('stopped by hand', false));
    const instanceOf = (name: string) => `${name}@${machine}`;
    const late = [...lost, ...coming.filter((name) => !stopped.includes(name) && !waiting.includes(name))];
    const failed = await Promise.all(
      late.map(async (name): Promise<FailedAgent> => {
        const why = whyNotReady(rows.find(({ agent }) => agent === name));
        this.#parts.get(name)?.reject(new AgentNotReady(why, true));
        return { instance: instanceOf(name), why, lastLines: await this.#lastLinesOf(name) };
      }),
    );
    const ms = this.#elapsedMs;
    for (const part of this.#parts.values()) part.resolve(ms);
    const names = { held: heldBack.map(instanceOf), stopped: stopped.map(instanceOf) };
    return { machine, phase, readyCount, agentCount, pid, ms, failed, ...names, problems };
  }

  /** By somebody else, who knows why: no agent has failed. */
  #takenDown(pid: number): StartOutcome {
    const { name: machine, agents } = this.machine;
    for (const part of this.#parts.values()) part.reject(new AgentNotReady('taken down', false));
    const problems = [`it was taken down while it started; "mesh up ${machine}" starts it again`];
    const counts = { readyCount: 0, agentCount: agents.length };
    return {
      machine,
      phase: 'stopping',
      ...counts,
      pid,
      ms: this.#elapsedMs,
      failed: [],
      held: [],
      stopped: [],
      problems,
    };
  }

  async #lastLinesOf(agent: string): Promise<readonly string[]> {
    try {
      const node = await this.access.node(this.machine);
      return briefEnd((await node.request('node.logs', { agent, last: LINES_ASKED })).lines);
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
  const { state, restarts, why, lastExit } = row;
  if (restarts > 0 && state !== 'quarantined' && why === '') {
    return whyFalling(restarts + 1, lastExit);
  }
  return state === 'stopped' && why === '' ? 'it waits for another agent' : whyDown(row);
}

/** Wave after wave with all the time its agents have: after that something hangs. */
export const startBoundMs = ({ waves, agents }: MachineConfig): number =>
  waves
    .map((names) =>
      Math.max(0, ...agents.filter(({ name }) => names.includes(name)).map((agent) => agent.readyTimeoutMs)),
    )
    .reduce((sum, ms) => sum + ms, OWN_START_MS);

function newPart(): Part {
  let resolve: (ms: number) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<number>((onReady, onFailed) => {
    resolve = onReady;
    reject = onFailed;
  });
  promise.catch(() => undefined); // shown by whoever awaits it; nobody need
  return { promise, resolve, reject };
}
