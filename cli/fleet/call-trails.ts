/**
 * The latest calls of one action, as the agents remember that made them: every agent of every machine is asked on its own
 * socket. Who does not keep such a trail (another release, another language, a program that is only supervised) is passed
 * over; who does not answer is told.
 */
import { toMeshError } from '../../common/core/errors.js';
import type { Input } from '../../common/protocol/catalogue.js';
import type { AgentView } from '../../common/protocol/registry-entry.js';
import { type CallRow, callRowOf } from '../rows/call-row.js';
import type { FleetAccess } from './fleet-access.js';

export interface CallTrails {
  /** In the order in which they were made. */
  readonly calls: readonly CallRow[];
  /** One sentence for each agent that should have answered. */
  readonly silent: readonly string[];
}

export async function callTrails(
  access: Pick<FleetAccess, 'control'>,
  agents: readonly AgentView[],
  question: Input<'mesh.calls'>,
): Promise<CallTrails> {
  const silent: string[] = [];
  const ask = async ({ control, instance }: AgentView): Promise<CallRow[]> => {
    try {
      const client = await access.control(control, instance);
      const { calls } = await client.request('mesh.calls', question);
      return calls.map((call) => callRowOf(instance, call));
    } catch (error) {
      const { code, message } = toMeshError(error);
      if (code !== 'UNKNOWN_METHOD') silent.push(`${instance} does not tell what it called: ${message}`);
      return [];
    }
  };
  const callers = agents.filter(({ control, state }) => control !== '' && CALLING.has(state));
  const calls = (await Promise.all(callers.map(ask))).flat().sort((a, b) => a.ts.localeCompare(b.ts));
  return { calls: question.last === undefined ? calls : calls.slice(-question.last), silent: silent.sort() };
}

/** States in which an agent has a control socket that answers. */
const CALLING: ReadonlySet<string> = new Set(['ready', 'busy', 'draining']);
