import { MeshError, toMeshError } from '../../common/core/errors.js';
import { nearest } from '../../common/core/nearest.js';
import type { Output as Answer } from '../../common/protocol/catalogue.js';
import type { Command } from '../command/command.js';
import type { Context } from '../command/context.js';
import { parseAgentReference } from '../line/agent-reference.js';
import { type AgentRow, agentRowOf, healthText } from '../rows/agent-row.js';
import { stateText } from '../rows/process-row.js';
import { jsonText } from '../terminal/json-text.js';
import type { Colors } from '../terminal/output.js';
import { ageText } from '../terminal/quantity.js';

type Action = Answer<'mesh.info'>['actions'][number];

interface ShownAgent extends AgentRow {
  /** What it says of itself; null when it does not answer. */
  readonly info: { readonly startedMs: number; readonly protocol: number; readonly actions: readonly Action[] } | null;
}

export const command: Command = {
  details:
    'Each instance with its health and what is wrong with it, and each action with the schema of its input, as the agent itself tells them.',
  operands: [{ syntax: '<agent[@machine]>', description: 'which agent', completes: 'agent' }],
  examples: [
    { line: 'mesh registry show echo', explains: 'where it runs and what it can be asked' },
    { line: 'mesh registry show echo@pc2 --json', explains: 'one instance, for a script' },
  ],
  async run(context, args) {
    const { agent, machine } = parseAgentReference(args.operand(0));
    const mesh = await (await context.access()).mesh();
    const { agents } = await mesh.registry.list();
    const found = agents.filter((view) => view.agent === agent && (machine === undefined || view.machine === machine));
    if (found.length === 0) {
      const near = nearest(agent, new Set(agents.map((view) => view.agent)));
      throw new MeshError('NOT_FOUND', `no agent "${agent}"${machine === undefined ? '' : ` on ${machine}`}`, {
        hint: 'mesh registry ls -a',
        ...(near === undefined || near === agent ? {} : { details: { didYouMean: near } }),
      });
    }
    const shown = await Promise.all(found.map(agentRowOf).map((row) => show(row, context)));
    const { output } = context;
    if (output.isHuman) output.text(shown.map((one) => textOf(one, output.colors)).join('\n\n'));
    else await output.list(shown, { columns: [], name: ({ instance }) => instance, empty: '' });
  },
};

async function show(row: AgentRow, context: Context): Promise<ShownAgent> {
  if (row.endpoints.control === '') return { ...row, info: null };
  try {
    const control = await (await context.access()).control(row.endpoints.control, row.instance);
    const { startedMs, protocol, actions } = await control.request('mesh.info', {});
    return { ...row, info: { startedMs, protocol, actions } };
  } catch (error) {
    context.output.warn(`${row.instance} does not tell about itself: ${toMeshError(error).message}`);
    return { ...row, info: null };
  }
}

function textOf(agent: ShownAgent, colors: Colors): string {
  const { bold, dim } = colors;
  const state = stateText(agent.reachable ? agent.state : 'unreachable', colors);
  const actions = agent.info?.actions ?? agent.actions.map((name) => ({ name, description: '', input: undefined }));
  return [
    `${bold(agent.instance)}: ${state}, version ${agent.version || '-'}, epoch ${agent.epoch}, known ${ageText(agent.ageMs)} ago`,
    `  control       ${agent.endpoints.control || '-'}`,
    `  pid           ${agent.pid ?? '-'}`,
    `  health        ${healthText(agent)}`,
    ...(agent.health?.reasons ?? []).map((reason) => `                ${reason}`),
    `  capabilities  ${agent.capabilities.join(', ') || '-'}`,
    actions.length === 0 ? '  actions       -' : '  actions',
    ...actions.flatMap(({ name, description, input }) => [
      `    ${bold(`${agent.agent}.${name}`)}${description === '' ? '' : `  ${description}`}`,
      ...(input === undefined ? [] : [`      ${dim(`input ${jsonText(input)}`)}`]),
    ]),
  ].join('\n');
}
