/**
 * The turns of an agent's life, as its author hears of them. `onStart` and `onStop` are part of the life itself and stand in
 * `agent-runtime.ts`; these three are told of it, and can hold up or break nothing: what they throw is told, a drain that
 * takes too long is left behind, and an `onError` that fails itself is only logged.
 */
import { within } from '../../common/core/clock.js';
import { MeshError, messageOf } from '../../common/core/errors.js';
import type { AgentLog } from '../../common/log/log.js';
import type { AgentContext, AgentDefinition } from './define-agent.js';

export class AgentHooks {
  constructor(
    private readonly definition: Pick<AgentDefinition, 'onReady' | 'onDrain' | 'onError'>,
    private readonly log: AgentLog,
  ) {}

  /** The node knows that the agent is ready. Resolves when the hook has; never rejects. */
  async ready(context: AgentContext): Promise<void> {
    await this.#run('onReady', context, () => this.definition.onReady?.(context as AgentContext<never>));
  }

  /** The node knows that the agent is ending. Resolves when the hook has, at the latest after `ms`; never rejects. */
  async drain(context: AgentContext, ms: number): Promise<void> {
    await this.#run('onDrain', context, () =>
      within(
        Promise.resolve(this.definition.onDrain?.(context as AgentContext<never>)),
        ms,
        () => new MeshError('TIMED_OUT', `onDrain did not end within ${ms} ms`),
      ),
    );
  }

  /** Something failed that is reported or logged elsewhere; here the author hears of it. Never throws. */
  error(error: unknown, context: AgentContext): void {
    const failed = (failure: unknown) => this.log.error({ err: failure }, `onError failed: ${messageOf(failure)}`);
    try {
      const result: unknown = this.definition.onError?.(error, context as AgentContext<never>);
      if (result instanceof Promise) result.catch(failed);
    } catch (failure) {
      failed(failure);
    }
  }

  async #run(name: string, context: AgentContext, hook: () => unknown): Promise<void> {
    try {
      await hook();
    } catch (error) {
      this.log.error({ err: error }, `${name} failed: ${messageOf(error)}`);
      this.error(error, context);
      // It may be ending: who waits for the answer waits for the journal.
      context.report(error, { component: name }).catch(() => undefined);
    }
  }
}
