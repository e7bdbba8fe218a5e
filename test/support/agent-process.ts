/** An agent brought to life without a process: its definition's schemas, hooks and actions over a fake mesh. */
import { Type } from 'typebox';
import { actionMethod } from '../../agents/sdk/actions/action-table.js';
import type { AgentDefinition } from '../../agents/sdk/define-agent.js';
import { compile } from '../../common/protocol/schema.js';
import { FakeContext, type FakeContextOptions } from './fake-context.js';
import { fakeRequest } from './fake-request.js';

export class StartedAgent {
  private constructor(
    private readonly definition: AgentDefinition,
    readonly context: FakeContext<never>,
  ) {}

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
    const found = this.definition.actions?.[action];
    if (found === undefined) throw new Error(`${this.definition.name} has no action ${action}`);
    const { name } = this.definition;
    return actionMethod(
      name,
      action,
      found,
      () => this.context,
      () => undefined,
    )(input, {}, fakeRequest(action, input));
  }

  async stop(): Promise<void> {
    this.context.end();
    await this.definition.onStop?.(this.context);
  }
}
