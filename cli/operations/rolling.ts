/** Many agents in order, so many at a time, and what remains when one of them fails. */
import type { OperationResult } from './agent-operation.js';
import type { AgentTarget } from './agent-targets.js';

export interface RollingOptions {
  /** At the same time; the first ones first. */
  readonly parallel: number;
  /** Nothing more is begun once one has failed. */
  readonly stopsAtFailure: boolean;
}

/** One result for each target, in their order. */
export async function runInOrder(
  targets: readonly AgentTarget[],
  run: (target: AgentTarget) => Promise<OperationResult>,
  { parallel, stopsAtFailure }: RollingOptions,
): Promise<readonly OperationResult[]> {
  const results = new Map<AgentTarget, OperationResult>();
  const waiting = [...targets];
  let failed: string | undefined;
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      if (failed !== undefined && stopsAtFailure) {
        results.set(next, untouched(next, failed));
        continue;
      }
      const result = await run(next);
      results.set(next, result);
      if (!result.ok) failed ??= result.instance;
    }
  };
  await Promise.all(Array.from({ length: Math.min(parallel, targets.length) }, worker));
  return targets.flatMap((target) => results.get(target) ?? []);
}

const untouched = ({ machine, agent, instance, row }: AgentTarget, because: string): OperationResult => ({
  machine: machine.name,
  agent,
  instance,
  state: row?.state ?? 'unknown',
  pid: row !== undefined && row.pid > 0 ? row.pid : null,
  ms: 0,
  begun: false,
  ok: false,
  why: `not touched: ${because} failed before it`,
  lastLines: [],
});
