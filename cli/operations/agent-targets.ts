/**
 * The agents that a line of AGENT[@MACHINE] means, each with what its node knows of it now. An agent counts as there when
 * the configuration of this folder has it or when its node has it: after an edit the two may differ until a reload.
 */
import type { MachineConfig } from '../../common/config/fleet-config.js';
import { MeshError } from '../../common/core/errors.js';
import { nearest } from '../../common/core/nearest.js';
import type { Output as Answer, ProcessRowBody } from '../../common/protocol/catalogue.js';
import { instanceOf } from '../../common/protocol/name.js';
import type { Context } from '../command/context.js';
import type { MachineAnswer } from '../fleet/fleet-access.js';
import { type AgentReference, parseAgentReference } from '../line/agent-reference.js';

export interface AgentTarget {
  readonly machine: MachineConfig;
  readonly agent: string;
  readonly instance: string;
  /** Before anything is done to it; undefined where the node did not answer, or does not know it. */
  readonly row: ProcessRowBody | undefined;
}

type NodeAnswer = MachineAnswer<Answer<'node.ps'>>;

/**
 * In the order of the line; with `all` in start order, machine by machine.
 * @throws MeshError USAGE, NOT_FOUND with the nearest name, UNREACHABLE when no machine that is meant answers
 */
export async function agentTargets(
  context: Context,
  command: string,
  operands: readonly string[],
  all: boolean,
): Promise<readonly AgentTarget[]> {
  const references = readReferences(command, operands, all);
  const machines = await machinesMeant(context, references);
  const answers = await (await context.access()).askEach(machines, 'node.ps', {});
  const targets = all
    ? answers.flatMap((answer) => agentsOn(answer).map((agent) => targetOf(agent, answer)))
    : references.flatMap((reference) => targetsOf(reference, answers));
  refuseUnreachable(targets, answers);
  return [...new Map(targets.map((target) => [target.instance, target])).values()];
}

function readReferences(command: string, operands: readonly string[], all: boolean): AgentReference[] {
  const hint = `name agents, as in "mesh ${command} echo@pc2", or give --all`;
  if (all && operands.length > 0) {
    throw new MeshError('USAGE', '--all and names of agents contradict each other', { hint: 'give one of the two' });
  }
  if (!all && operands.length === 0) throw new MeshError('USAGE', `mesh ${command} needs AGENT`, { hint });
  const references = operands.map(parseAgentReference);
  const node = references.find(({ agent }) => agent === 'node');
  if (node !== undefined) {
    const machine = node.machine ?? 'MACHINE';
    throw new MeshError('USAGE', 'the node is no agent: it is the machine itself', {
      hint: `"mesh down ${machine}" and "mesh up ${machine}" stop and start a machine; a node that is killed comes back, its agents live on`,
    });
  }
  return references;
}

/** Those that are named; all that --machine allows as soon as one agent is named without its machine. */
async function machinesMeant(
  context: Context,
  references: readonly AgentReference[],
): Promise<readonly MachineConfig[]> {
  const named = await Promise.all(
    references.flatMap(({ machine }) => (machine === undefined ? [] : [context.machine(machine)])),
  );
  const isOpen = references.length === 0 || references.some(({ machine }) => machine === undefined);
  return [...new Set([...named, ...(isOpen ? await context.machinesAsked() : [])])];
}

const targetOf = (agent: string, answer: NodeAnswer): AgentTarget => ({
  machine: answer.machine,
  agent,
  instance: instanceOf(agent, answer.machine.name),
  row: rowsOf(answer).find((row) => row.agent === agent),
});

const rowsOf = (answer: NodeAnswer): readonly ProcessRowBody[] => ('body' in answer ? answer.body.agents : []);

const agentsOn = (answer: NodeAnswer): string[] => [
  ...new Set([
    ...answer.machine.agents.map(({ name }) => name),
    ...rowsOf(answer).flatMap(({ agent, kind }) => (kind === 'agent' ? [agent] : [])),
  ]),
];

function targetsOf({ agent, machine }: AgentReference, answers: readonly NodeAnswer[]): AgentTarget[] {
  const searched = answers.filter((answer) => machine === undefined || answer.machine.name === machine);
  const namesOn = (answer: NodeAnswer) => [...agentsOn(answer), 'broker'];
  const found = searched.filter((answer) => namesOn(answer).includes(agent));
  if (found.length > 0) return found.map((answer) => targetOf(agent, answer));
  const near = nearest(agent, searched.flatMap(namesOn));
  throw new MeshError('NOT_FOUND', `no agent "${agent}" on ${machine ?? 'any machine'}`, {
    hint: 'mesh ps -a',
    ...(near === undefined ? {} : { details: { didYouMean: near } }),
  });
}

/** One that answers is enough to go on: what is elsewhere is told in its row. */
function refuseUnreachable(targets: readonly AgentTarget[], answers: readonly NodeAnswer[]): void {
  const meant = new Set(targets.map(({ machine }) => machine));
  const asked = answers.filter(({ machine }) => meant.has(machine));
  const [first] = asked.flatMap((answer) => ('error' in answer ? [answer.error] : []));
  if (first !== undefined && asked.every((answer) => 'error' in answer)) throw first;
}
