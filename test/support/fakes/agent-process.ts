/** An agent brought to life without a process: its definition's schemas, hooks and actions over a fake mesh. */
import { Type } from 'typebox';
import { ActionTable } from '../../../agents/sdk/actions/action-table.js';
import type { AgentContext, AgentDefinition } from '../../../agents/sdk/define-agent.js';
import { compile } from '../../../common/protocol/schema.js';
import type { Action } from '../../../common/wire/answering/method-table.js';
import { FakeContext, type FakeContextOptions } from './fake-context.js';
import { fakeRequest } from './fake-request.js';

/** The methods of a definition's actions over a context, as its control socket has them. */
export function methodsOf(
  { name, actions = {} }: AgentDefinition,
  context: AgentContext,
  onFailure: (error: unknown) => void = () => undefined,
): ReadonlyMap<string, Action> {
  const table = new ActionTable({ agent: name, actions, telemetry: true, assertReady: () => undefined, onFailure });
  table.open(context, context);
  return new Map(table.methods);
}

export class StartedAgent {
  readonly #methods: ReadonlyMap<string, Action>;

  private constructor(
    private readonly definition: AgentDefinition,
    readonly context: FakeContext<never>,
  ) {
    this.#methods = methodsOf(definition, context);
  }

  /** @throws CONFIG_INVALID, and what `onStart` throws */
  static async start(
    definition: AgentDefinition,
    config: unknown = {},
    options: Partial<FakeContextOptions<unknown>> = {},
  ): Promise<StartedAgent> {
    const schema = compile<unknown>(definition.config ?? Type.Object({}, { additionalProperties: false }));
    const checked = schema.assert(structuredClone(config), `the configuration of ${definition.name}`, 'CONFIG_INVALID');
    const context = new FakeContext({ ...options, agent: definition.name, config: checked as never });
    await definition.onStart?.(context);
    return new StartedAgent(definition, context);
  }

  async call(action: string, input: unknown = {}): Promise<unknown> {
    const method = this.#methods.get(action);
    if (method === undefined) throw new Error(`${this.definition.name} has no action ${action}`);
    return method(input, {}, fakeRequest(action, input));
  }

  async stop(): Promise<void> {
    this.context.end();
    await this.definition.onStop?.(this.context);
  }
}
