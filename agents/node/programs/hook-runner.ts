/**
 * The commands that a set names for the turns of an agent's life. A hook runs as the agent does (folder, user, variables,
 * log), knows by its variables what happened, and has a bounded time, after which its whole group is killed.
 *
 * What a hook says counts for `onStart` alone: the agent is not started when it fails. Any other failure is told, and life
 * goes on.
 */
import type { HookName } from '../../../common/config/agents/agent-specs.js';
import { HOOK_VARIABLE } from '../../../common/core/process-scan.js';
import { runProgram } from './child-process.js';
import { type Exit, exitText } from './exit.js';
import type { ProcessPlan } from './process-plan.js';

/** What a hook is told beside its name. */
export interface HookFacts {
  readonly epoch: number;
  /** 0 while there is no process. */
  readonly pid: number;
  /** How the process ended, and why it was ended; once it has. */
  readonly exit?: Exit | undefined;
}

export class HookRunner {
  readonly #running = new Set<Promise<unknown>>();

  /** @param onFailure a hook other than `onStart` failed; `why` is a sentence about it */
  constructor(private readonly onFailure: (plan: ProcessPlan, hook: HookName, facts: HookFacts, why: string) => void) {}

  /** Resolves when the hook has ended, at once when there is none; with why it failed. Never rejects. */
  async run(hook: HookName, plan: ProcessPlan, facts: HookFacts): Promise<string | undefined> {
    const [executable, ...argv] = plan.hooks[hook] ?? [];
    if (executable === undefined) return undefined;
    const { cwd, user, nice, logFile, hookTimeoutMs } = plan;
    const env = { ...plan.env(facts.epoch), ...variablesOf(hook, facts) };
    const running = runProgram({ executable, argv, env, cwd, user, nice, logFile, timeoutMs: hookTimeoutMs });
    this.#running.add(running);
    const exit = await running;
    this.#running.delete(running);
    if (exit.code === 0 && exit.reason === undefined) return undefined;
    const why = `its hook ${hook} failed: ${exitText(exit)}`;
    if (hook !== 'onStart') this.onFailure(plan, hook, facts, why);
    return why;
  }

  /** Resolves when none runs: each has its time. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }
}

function variablesOf(hook: HookName, { pid, exit }: HookFacts): Record<string, string> {
  return {
    [HOOK_VARIABLE]: hook,
    ...(pid === 0 ? {} : { MESH_PID: String(pid) }),
    ...(exit === undefined ? {} : { MESH_EXIT: String(exit.code ?? exit.signal ?? ''), MESH_REASON: exitText(exit) }),
  };
}
