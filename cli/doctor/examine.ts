/**
 * Asks everybody how they fare: the nodes at once, then each agent and broker that they list as serving, a few at a time. What
 * does not answer within `limits.cliConnectTimeoutMs` is part of the picture and holds up nobody else.
 */
import type { MachineConfig } from '../../common/config/fleet-config.js';
import { systemClock } from '../../common/core/clock.js';
import { type MeshError, toMeshError } from '../../common/core/errors.js';
import { limits } from '../../common/core/limits.js';
import type { Output as Answer, GroupStateBody, ProcessRowBody } from '../../common/protocol/catalogue.js';
import type { RequestClient } from '../../common/wire/asking/request-client.js';
import type { FleetAccess } from '../fleet/fleet-access.js';
import { fleetPorts } from '../fleet/fleet-ports.js';
import type { ClockSight, Examination, MachineSight, NodeSight, PartSight } from './examination.js';

const ASKING = { timeoutMs: limits.cliConnectTimeoutMs };
/** Connections that are made at once: a machine has dozens of agents, and this is only a visit. */
const AT_ONCE = 16;
/** The quickest of them says most about the clock. */
const PINGS = 3;
const SERVING: ReadonlySet<ProcessRowBody['state']> = new Set(['ready', 'busy']);

export async function examine(access: FleetAccess, machines: readonly MachineConfig[]): Promise<Examination> {
  const asksMain = machines.some(({ name }) => name === access.fleet.main.name);
  const [sights, log, groups, ports] = await Promise.all([
    Promise.all(machines.map((machine) => sightOf(access, machine))),
    asksMain ? logOf(access) : undefined,
    asksMain ? groupsOf(access) : [],
    fleetPorts(access.fleet, machines),
  ]);
  return { machines: sights, log, groups, ports };
}

async function sightOf(access: FleetAccess, machine: MachineConfig): Promise<MachineSight> {
  const { name } = machine;
  try {
    return { machine: name, node: await nodeOf(access, machine) };
  } catch (error) {
    return { machine: name, node: toMeshError(error) };
  }
}

async function nodeOf(access: FleetAccess, machine: MachineConfig): Promise<NodeSight> {
  const node = await access.node(machine);
  const [status, { agents: processes }, info, journal, clock] = await Promise.all([
    node.request('node.status', {}, ASKING),
    node.request('node.ps', {}, ASKING),
    node.request('mesh.info', {}, ASKING),
    node.request('journal.status', {}, ASKING).catch(() => undefined),
    clockOf(node),
  ]);
  const serving = processes.filter(
    ({ state, kind, control }) => SERVING.has(state) && (kind === 'broker' || control !== ''),
  );
  const parts = await eachOf(serving, (row) => partOf(access, machine, row));
  return { status, processes, journal, version: info.version, protocol: info.protocol, clock, parts };
}

async function partOf(access: FleetAccess, machine: MachineConfig, row: ProcessRowBody): Promise<PartSight> {
  const { instance, kind, control } = row;
  const endpoint = kind === 'broker' ? machine.endpoints.broker : control;
  const health = await access
    .control(endpoint, instance)
    .then((client) => client.request('mesh.health', {}, ASKING))
    .catch(() => undefined);
  return { instance, machine: machine.name, kind, health };
}

async function logOf(access: FleetAccess): Promise<Answer<'log.status'> | MeshError> {
  try {
    return await (await access.log()).request('log.status', {}, ASKING);
  } catch (error) {
    return toMeshError(error);
  }
}

/** A log that does not answer is told of by itself; one of an earlier release has none. */
async function groupsOf(access: FleetAccess): Promise<readonly GroupStateBody[]> {
  try {
    return (await (await access.log()).request('group.list', {}, ASKING)).groups;
  } catch {
    return [];
  }
}

async function clockOf(node: RequestClient): Promise<ClockSight> {
  let best: ClockSight = { offsetMs: 0, uncertaintyMs: Number.POSITIVE_INFINITY };
  for (let ping = 0; ping < PINGS; ping++) {
    const askedMs = systemClock.wallMs();
    const startMs = systemClock.monotonicMs();
    const { tsMs } = await node.request('mesh.ping', {}, ASKING);
    const uncertaintyMs = (systemClock.monotonicMs() - startMs) / 2;
    if (uncertaintyMs < best.uncertaintyMs) best = { offsetMs: tsMs - askedMs - uncertaintyMs, uncertaintyMs };
  }
  return best;
}

/** As many at once as `AT_ONCE`, in the order given. */
async function eachOf<T, R>(items: readonly T[], ask: (item: T) => Promise<R>): Promise<R[]> {
  const answers: R[] = [];
  for (let first = 0; first < items.length; first += AT_ONCE) {
    answers.push(...(await Promise.all(items.slice(first, first + AT_ONCE).map(ask))));
  }
  return answers;
}
