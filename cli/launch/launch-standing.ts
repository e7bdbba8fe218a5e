/**
 * How far a machine's launch is, told from its agents' rows: who is there, who fails, and who is held back by those that
 * fail. Pure. A launch is over when nobody is left who may still come: then waiting longer tells nothing new.
 */
import type { AgentSpec } from '../../common/config/agents/agent-specs.js';
import type { ProcessRowBody } from '../../common/protocol/catalogue.js';
import { hasStarted } from '../operations/operation-standing.js';

type Planned = Pick<AgentSpec, 'name' | 'after' | 'required' | 'wave'>;
type Row = Pick<ProcessRowBody, 'agent' | 'state' | 'restarts'>;

/** Names of agents, each in one of the four, in start order; the broker is among `lost` when it fails. */
export interface LaunchStanding {
  readonly there: readonly string[];
  /** Given up by its node, or falling again and again. */
  readonly lost: readonly string[];
  /** Not started, because of one that is lost. */
  readonly held: readonly string[];
  readonly coming: readonly string[];
}

const BROKER = 'broker';
/** Falls again and again: the next try will not be better. */
const RESTARTS_OF_LOST = 2;

export function launchStanding(agents: readonly Planned[], rows: readonly Row[]): LaunchStanding {
  const rowOf = new Map(rows.map((row) => [row.agent, row]));
  const isThere = (name: string): boolean => hasStarted(rowOf.get(name)?.state ?? 'stopped');
  const lost = [BROKER, ...agents.map(({ name }) => name)].filter((name) => isLost(rowOf.get(name)));
  const gone = new Set(lost);
  // No later wave starts without a required agent.
  const wall = Math.min(
    ...agents.filter(({ name, required }) => required && gone.has(name)).map(({ wave }) => wave),
    gone.has(BROKER) ? -1 : Number.POSITIVE_INFINITY,
  );
  const held: string[] = [];
  // Agents are in start order: what one waits for stands before it.
  for (const { name, wave, after } of agents) {
    if (isThere(name) || gone.has(name) || !isWaiting(rowOf.get(name))) continue;
    // `started` was met by the very first try of an agent that falls.
    const lacks = after.some(({ agent, condition }) => gone.has(agent) && condition !== 'started');
    if (!lacks && wave <= wall) continue;
    held.push(name);
    gone.add(name);
  }
  const names = agents.map(({ name }) => name);
  return {
    there: names.filter(isThere),
    lost,
    held,
    coming: names.filter((name) => !isThere(name) && !gone.has(name)),
  };
}

/** Of those that would still come, when the launch is over: who was stopped by somebody, and who waits for such a one. */
export function restingAmong(
  coming: readonly string[],
  agents: readonly Planned[],
  rows: readonly Row[],
): { readonly stopped: readonly string[]; readonly waiting: readonly string[] } {
  const stopped: string[] = [];
  const waiting: string[] = [];
  let wall = Number.POSITIVE_INFINITY;
  for (const { name, wave, after, required } of agents.filter((agent) => coming.includes(agent.name))) {
    if (rows.find(({ agent }) => agent === name)?.state !== 'stopped') continue;
    const waits = wave > wall || after.some(({ agent }) => stopped.includes(agent) || waiting.includes(agent));
    (waits ? waiting : stopped).push(name);
    if (required) wall = Math.min(wall, wave);
  }
  return { stopped, waiting };
}

const isLost = (row: Row | undefined): boolean =>
  row !== undefined &&
  !hasStarted(row.state) &&
  (row.state === 'failed' || row.state === 'quarantined' || row.restarts >= RESTARTS_OF_LOST);

const isWaiting = (row: Row | undefined): boolean => row === undefined || row.state === 'stopped';

/** Whether all that is not there is lost, or held back by what is. */
export const isHopeless = ({ lost, coming }: LaunchStanding): boolean => lost.length > 0 && coming.length === 0;
