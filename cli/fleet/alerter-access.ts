/** The alerter of a running fleet, as commands ask it. What it answers was checked by the schema of its action. */
import type { AlertStandings } from '../../agents/alerter/alert-standings.js';
import type { AlertTestInput, AlertTestOutput } from '../../agents/alerter/alert-test.js';
import type { CallOptions } from '../../agents/sdk/calls/call.js';
import type { MeshClient } from '../../agents/sdk/mesh-client.js';
import { MeshError } from '../../common/core/errors.js';
import { ALERTER } from '../../common/protocol/alert-rule.js';
import type { FleetAccess } from './fleet-access.js';

interface Answers {
  readonly standings: AlertStandings;
  readonly test: AlertTestOutput;
}

/** @throws UNREACHABLE, and for a test NOT_FOUND, OVERLOADED */
export async function askAlerter<A extends keyof Answers>(
  access: FleetAccess,
  action: A,
  input: A extends 'test' ? AlertTestInput : Record<string, never>,
  options: CallOptions,
): Promise<Answers[A]> {
  const { main } = access.fleet;
  const target = `${ALERTER}@${main.name}`;
  const mesh = await access.mesh();
  try {
    return (await mesh.call(`${target}.${action}`, input, options)) as Answers[A];
  } catch (error) {
    if (!(error instanceof MeshError) || !(await isMissing(mesh, target))) throw error;
    throw new MeshError('UNREACHABLE', `${target} does not run`, {
      hint: `it runs when main has alert rules: "mesh reload ${main.name}" takes new ones over, "mesh ps" shows it`,
      cause: error,
    });
  }
}

async function isMissing(mesh: MeshClient, instance: string): Promise<boolean> {
  const { agents } = await mesh.registry.list();
  return !agents.some((view) => view.instance === instance && view.reachable && view.state === 'ready');
}
