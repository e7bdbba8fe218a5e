import type { FleetConfig } from '../../common/config/fleet-config.js';
import { errorTable, MeshError, toMeshError } from '../../common/core/errors.js';
import { limits } from '../../common/core/limits.js';
import { nearest } from '../../common/core/nearest.js';
import { parseCallTarget } from '../../common/protocol/name.js';
import type { AgentView } from '../../common/protocol/registry-entry.js';
import type { Command } from '../command/command.js';
import type { Context } from '../command/context.js';
import { type CallTrails, callTrails } from '../fleet/call-trails.js';
import { callForm } from '../rows/call-row.js';
import { fieldForm, fieldRowsOf } from '../rows/policy-row.js';
import { tableText } from '../terminal/table.js';

const LAST_DEFAULT = 10;

interface Tested {
  readonly service: string;
  readonly action: string;
  readonly last: number;
}

export const command: Command = {
  details:
    'Which rule gives each field, with its file and line, and what the policy did to the latest calls: every agent of every machine is asked for those that it made under one. A call that no rule matches, and calls of programs that are no agents (this command line too), leave no trace. A machine that works by other rules than the files here is said. Exit code 7 when somebody does not answer; the rest is shown all the same.',
  operands: [{ syntax: '<service.action>', description: 'which calls', completes: 'action' }],
  options: [
    {
      flags: '-n, --last <count>',
      description: `how many calls; up to ${limits.callTrailKept}, default ${LAST_DEFAULT}`,
    },
  ],
  examples: [
    { line: 'mesh policy test echo.say', explains: 'what holds for a call, and from where' },
    { line: 'mesh policy test echo.say -n 50 --json', explains: 'with more calls, for a script' },
  ],
  async run(context, args) {
    const { service = '', action } = parseCallTarget(args.operand(0));
    const last = args.count('last', { min: 1, max: limits.callTrailKept }) ?? LAST_DEFAULT;
    const fleet = await context.fleet();
    assertService(fleet, service);
    const fields = fieldRowsOf(fleet.policies, service, action);
    const { calls, silent } = await askFleet(context, fleet, { service, action, last });
    const { output } = context;
    for (const line of silent) output.warn(line);
    if (output.isHuman) {
      await output.list(fields, fieldForm(output.colors));
      if (calls.length === 0) output.note(`no agent remembers a call of ${service}.${action} under a policy`);
      else output.text(`\n${tableText(calls, callForm(output.colors).columns, output.roomColumns)}`);
    } else {
      const name = `${service}.${action}`;
      await output.value(
        { service, action, fields, calls },
        () => name,
        () => name,
      );
    }
    return silent.length === 0 ? 0 : errorTable.DEGRADED.exitCode;
  },
};

/** What the fleet runs, as opposed to what the files here say. What of it does not answer is in `silent`. */
async function askFleet(context: Context, fleet: FleetConfig, tested: Tested): Promise<CallTrails> {
  const access = await context.access();
  const silent: string[] = [];
  const { revision } = fleet.policies;
  for (const answer of await access.askEach([...fleet.machines.values()], 'node.policies', { revision })) {
    if ('error' in answer) silent.push(answer.error.message);
    else if (answer.body.revision !== revision) {
      const { name } = answer.machine;
      context.output.warn(
        `${name} works by other policies than the files here: "mesh reload ${name}" takes over its own`,
      );
    }
  }
  try {
    const mesh = await access.mesh();
    const { agents } = await mesh.registry.list();
    assertAction(agents, tested);
    const trails = await callTrails(access, agents, tested);
    return { calls: trails.calls, silent: [...silent, ...trails.silent] };
  } catch (error) {
    const { code, message } = toMeshError(error);
    if (code === 'NOT_FOUND') throw error;
    return { calls: [], silent: [...new Set([...silent, message])] };
  }
}

function assertService({ machines }: FleetConfig, service: string): void {
  const services = new Set([...machines.values()].flatMap(({ agents }) => agents.map(({ name }) => name)));
  if (!services.has(service))
    throw notFound(`the fleet has no agent "${service}"`, 'mesh registry ls', service, services);
}

/** Only where an instance has said what it can do: one that was never started has not. */
function assertAction(agents: readonly AgentView[], { service, action }: Tested): void {
  const actions = new Set(agents.flatMap((view) => (view.agent === service ? view.actions : [])));
  if (actions.size === 0 || actions.has(action)) return;
  throw notFound(`${service} has no action "${action}"`, `mesh registry show ${service}`, action, actions);
}

function notFound(message: string, hint: string, name: string, known: ReadonlySet<string>): MeshError {
  const near = nearest(name, known);
  return new MeshError('NOT_FOUND', message, {
    hint,
    ...(near === undefined ? {} : { details: { didYouMean: near } }),
  });
}
