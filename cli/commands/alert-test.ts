import { errorTable, MeshError } from '../../common/core/errors.js';
import { limits } from '../../common/core/limits.js';
import { nearest } from '../../common/core/nearest.js';
import type { Command } from '../command/command.js';
import { askAlerter } from '../fleet/alerter-access.js';
import { testForm } from '../rows/alert-row.js';

export const command: Command = {
  details:
    'The alerter on main sends it as it sends any notice, with the state "test" and a text that says so; what came back is shown. It is in no count, and no record. Exit code 1 when a route was not told.',
  operands: [{ syntax: '<rule|route>', description: 'a rule, by all of its routes; or one route' }],
  options: [
    { flags: '--route <name>', description: 'this route of the rule only' },
    { flags: '--dry-run', description: 'tell nobody, and show what would be said to whom' },
  ],
  examples: [
    { line: 'mesh alert test new-errors --dry-run', explains: 'who would be told what' },
    { line: 'mesh alert test new-errors', explains: 'the way of that rule, to its end' },
    { line: 'mesh alert test log --json', explains: 'one route, for a script' },
  ],
  async run(context, args) {
    const name = args.operand(0);
    const route = args.text('route');
    const dryRun = args.flag('dryRun');
    const { alerts } = await context.fleet();
    assertKnown(
      name,
      [...alerts.rules, ...alerts.routes].map((each) => each.name),
    );
    const answer = await askAlerter(
      await context.access(),
      'test',
      { name, dryRun, ...(route === undefined ? {} : { route }) },
      { signal: context.signal, timeoutMs: limits.alertTimeoutMsMax + limits.requestTimeoutMs },
    );
    const { output } = context;
    if (output.isHuman) {
      if (dryRun) output.text(JSON.stringify(answer.notice, null, 2));
      await output.list(answer.results, testForm(output.colors, dryRun));
    } else {
      await output.value(
        answer,
        () => name,
        () => name,
      );
    }
    return answer.results.every(({ ok }) => ok) ? 0 : errorTable.INTERNAL.exitCode;
  },
};

function assertKnown(name: string, known: readonly string[]): void {
  if (known.includes(name)) return;
  const near = nearest(name, known);
  const hint =
    known.length === 0 ? 'rules and routes are written to config/alerts.yaml' : `there are: ${known.join(', ')}`;
  throw new MeshError('NOT_FOUND', `there is no alert rule and no route "${name}"`, {
    hint,
    ...(near === undefined ? {} : { details: { didYouMean: near } }),
  });
}
