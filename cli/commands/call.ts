import { MeshError } from '../../common/core/errors.js';
import { limits } from '../../common/core/limits.js';
import { nearest } from '../../common/core/nearest.js';
import { parseCallTarget } from '../../common/protocol/name.js';
import type { Command } from '../command/command.js';
import { readJson } from '../command/json-input.js';
import { jsonText } from '../terminal/json-text.js';

const TIMEOUT_MS_MAX = 3_600_000;

export const command: Command = {
  details:
    'At most once, and never repeated here. What the agent answers is printed as JSON. SERVICE@MACHINE asks one instance, SERVICE@RANGE one of these versions.',
  operands: [
    {
      syntax: '<service.action>',
      description: 'what to ask, as in echo.say, echo@pc2.say or echo@^2.say',
      completes: 'action',
    },
    { syntax: '[json]', description: 'its input: JSON, @FILE, or - for standard input; default {}' },
  ],
  options: [{ flags: '--timeout <ms>', description: `how long to wait; default ${limits.requestTimeoutMs}` }],
  examples: [
    { line: `mesh call echo.say '{"text":"hi"}'`, explains: 'any instance of echo' },
    { line: `mesh call echo@pc2.say '{"text":"hi"}' --timeout 1000`, explains: 'that of pc2, within a second' },
    { line: `echo '{"text":"hi"}' | mesh call echo.say -`, explains: 'input from a pipe' },
  ],
  async run(context, args) {
    const target = args.operand(0);
    const { service = '' } = parseCallTarget(target);
    const timeoutMs = args.count('timeout', { min: 1, max: TIMEOUT_MS_MAX }) ?? limits.requestTimeoutMs;
    const input = await readJson(args.optionalOperand(1) ?? '{}', context.surroundings);
    const mesh = await (await context.access()).mesh();
    try {
      const answer = await mesh.call(target, input, { timeoutMs, signal: context.signal });
      const asJson = (value: unknown) => jsonText(value, 2);
      await context.output.value(answer, asJson, asJson);
    } catch (error) {
      if (!(error instanceof MeshError) || error.code !== 'NOT_FOUND') throw error;
      const names = new Set((await mesh.registry.list()).agents.map((view) => view.agent));
      const near = names.has(service) ? undefined : nearest(service, names);
      throw new MeshError('NOT_FOUND', error.message, {
        hint: near === undefined && error.hint !== undefined ? error.hint : 'mesh registry ls',
        ...(near === undefined ? {} : { details: { didYouMean: near } }),
      });
    }
  },
};
