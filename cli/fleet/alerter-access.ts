/** The alerter of a running fleet, as commands ask it. What it answers was checked by the schema of its action. */
import type { AlertStandings } from '../../agents/alerter/alert-standings.js';
import type { AlertTestInput, AlertTestOutput } from '../../agents/alerter/alert-test.js';
import { MeshError } from '../../common/core/errors.js';
import { ALERTER } from '../../common/protocol/alert-rule.js';
import type { Context } from '../context.js';

interface Answers {
  readonly standings: AlertStandings;
  readonly test: AlertTestOutput;
}

/** @throws UNREACHABLE, and for a test NOT_FOUND, OVERLOADED */
export async function askAlerter<A extends keyof Answers>(
  context: Context,
  action: A,
  input: A extends 'test' ? AlertTestInput : Record<string, never>,
  timeoutMs?: number,
): Promise<Answers[A]> {
  const fleet = await context.fleet();
  const target = `${ALERTER}@${fleet.main.name}`;
  const mesh = await (await context.access()).mesh();
  const options = { signal: context.signal, ...(timeoutMs === undefined ? {} : { timeoutMs }) };
  try {
    return (await mesh.call(`${target}.${action}`, input, options)) as Answers[A];
  } catch (error) {
    if (!(error instanceof MeshError) || !(await isMissing(context, target))) throw error;
    throw new MeshError('UNREACHABLE', `${target} does not run`, {
      hint: `it runs when main has alert rules: "mesh reload ${fleet.main.name}" takes new ones over, "mesh ps" shows it`,
      cause: error,
    });
  }
}

async function isMissing(context: Context, instance: string): Promise<boolean> {
  const mesh = await (await context.access()).mesh();
  const { agents } = await mesh.registry.list();
  return !agents.some((view) => view.instance === instance && view.reachable && view.state === 'ready');
}
