/** What `mesh start`, `mesh stop` and `mesh restart` have in common: whom they mean, progress as it happens, and the list at the end. */
import { errorTable, MeshError } from '../../common/core/errors.js';
import { limits } from '../../common/core/limits.js';
import type { Operand } from '../command/command.js';
import type { Context } from '../command/context.js';
import type { Arguments } from '../line/arguments.js';
import type { OptionSpec } from '../line/option-spec.js';
import { stateText } from '../rows/process-row.js';
import type { Colors, ListForm, Output } from '../terminal/output.js';
import { secondsText } from '../terminal/quantity.js';
import { AgentOperations, type OperationResult } from './agent-operation.js';
import { type AgentTarget, agentTargets } from './agent-targets.js';
import type { Operation } from './operation-standing.js';
import { runInOrder } from './rolling.js';

export const agentOperands: readonly Operand[] = [
  { syntax: '[agent[@machine]...]', description: 'which agents', completes: 'agent' },
];

export const operationOptions: readonly OptionSpec[] = [
  { flags: '--all', description: 'every agent of every machine, or of the one of --machine' },
  { flags: '--parallel <count>', description: 'at most so many at the same time' },
  { flags: '--no-wait', description: 'end when it has begun' },
  { flags: '--timeout <ms>', description: 'how long to wait for each; default: what its own configuration allows' },
];

const TIMEOUT_MS_MAX = 3_600_000;

export async function runOperation(operation: Operation, context: Context, args: Arguments): Promise<number> {
  const timeoutMs = args.count('timeout', { min: 1, max: TIMEOUT_MS_MAX });
  const isRolling = args.flag('rolling');
  const waits = !args.isOff('wait');
  if (isRolling && !waits) {
    throw new MeshError('USAGE', '--rolling waits for each agent: --no-wait contradicts it', {
      hint: 'give one of the two',
    });
  }
  const parallel = args.count('parallel', { min: 1, max: limits.agentsPerMachineMax });
  const targets = await agentTargets(context, operation, args.list(0), args.flag('all'));
  const { output, signal } = context;
  if (operation === 'stop') warnOfDependents(targets, output);
  const operations = new AgentOperations({
    operation,
    access: await context.access(),
    signal,
    waits,
    timeoutMs,
    onWaiting: ({ instance }, state, boundMs) =>
      output.note(`${instance} is ${state}; waiting up to ${secondsText(boundMs)}`),
  });
  const run = async (target: AgentTarget) => {
    const result = await operations.run(target);
    if (!signal.aborted) tell(result, output, waits);
    return result;
  };
  const order = { parallel: parallel ?? (isRolling ? 1 : targets.length), stopsAtFailure: isRolling };
  const results = await runInOrder(targets, run, order);
  await output.list(results, resultForm(output.colors));
  const failed = results.filter(({ ok }) => !ok);
  tellWhatRemains(failed, output);
  if (failed.length === 0) return 0;
  return failed.length === results.length ? errorTable.ACTION_FAILED.exitCode : errorTable.DEGRADED.exitCode;
}

/** Whoever starts after it and runs goes on, but not as it was meant. */
function warnOfDependents(targets: readonly AgentTarget[], output: Output): void {
  const stopping = new Set(targets.map(({ instance }) => instance));
  for (const { machine, agent, instance } of targets) {
    const dependents = machine.agents
      .filter((spec) => !stopping.has(spec.instance) && spec.after.some((dependency) => dependency.agent === agent))
      .map((spec) => spec.instance);
    if (dependents.length > 0) {
      output.warn(`${dependents.join(', ')} ${dependents.length === 1 ? 'depends' : 'depend'} on ${instance}`);
    }
  }
}

function tell({ instance, state, pid, ms, ok, why, lastLines }: OperationResult, output: Output, waits: boolean): void {
  const { noteColors } = output;
  const place = pid === null ? '' : `, process ${pid}`;
  if (ok && !waits) return output.note(`${instance}: begun, it is ${state}`);
  if (ok) return output.note(`${instance} ${stateText(state, noteColors)} after ${secondsText(ms)}${place}`);
  output.note(`${instance} ${noteColors.red('failed')}: ${why}`);
  for (const line of lastLines) output.note(`  | ${line}`);
}

function tellWhatRemains(failed: readonly OperationResult[], output: Output): void {
  const untouched = failed.filter(({ begun }) => !begun).map(({ instance }) => instance);
  if (untouched.length > 0) output.warn(`not touched: ${untouched.join(', ')}`);
}

const resultForm = (colors: Colors): ListForm<OperationResult> => ({
  columns: [
    { head: 'agent', value: ({ agent }) => agent },
    { head: 'machine', value: ({ machine }) => machine },
    { head: 'state', value: ({ state }) => stateText(state, colors) },
    { head: 'pid', value: ({ pid }) => String(pid ?? '-') },
    { head: 'time', value: ({ ms }) => secondsText(ms) },
    { head: 'result', value: ({ ok, why }) => (ok ? colors.green('done') : colors.red(why)) },
  ],
  name: ({ instance }) => instance,
  empty: 'no agents',
});
