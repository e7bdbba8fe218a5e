/** An agent's actions as methods of its control socket: input and output checked, failures told as what they are. */

import { MeshError, messageOf } from '../../../common/core/errors.js';
import type { RequestMeta } from '../../../common/protocol/envelope.js';
import { compile } from '../../../common/protocol/schema.js';
import { Type } from '../../../common/protocol/type.js';
import type { Action } from '../../../common/wire/method-table.js';
import type { ActionDefinition, AgentContext, AgentDefinition } from '../define-agent.js';

export interface DescribedAction {
  readonly name: string;
  readonly description: string;
  readonly input: unknown;
  readonly output: unknown;
}

const NOTHING = Type.Object({}, { additionalProperties: false });

/** For `mesh.info`: what a caller needs to know. */
export const describeActions = ({ actions = {} }: AgentDefinition): DescribedAction[] =>
  Object.entries(actions).map(([name, { description = '', input = NOTHING, output = {} }]) => ({
    name,
    description,
    input,
    output,
  }));

/**
 * The method that runs an action.
 * @param contextOf answers the agent's context, or throws while the agent is not ready.
 * @param onFailure what the action threw, in full; the caller gets its message as ACTION_FAILED.
 */
export function actionMethod(
  agent: string,
  name: string,
  definition: ActionDefinition,
  contextOf: () => AgentContext,
  onFailure: (error: unknown, action: string) => void,
): Action {
  const input = compile<unknown>(definition.input ?? NOTHING);
  const output = definition.output === undefined ? undefined : compile<unknown>(definition.output);
  const title = `${agent}.${name}`;
  const checked = (result: unknown) =>
    output === undefined ? (result ?? {}) : output.assert(result, `the output of ${title}`, 'INVALID_OUTPUT');
  const failed = (error: unknown): never => {
    onFailure(error, name);
    if (error instanceof MeshError) throw error;
    throw new MeshError('ACTION_FAILED', `${title} failed: ${messageOf(error)}`, {
      cause: error,
      hint: `see "mesh logs ${agent}"`,
    });
  };
  // One promise a call, that of `run`, and none where it answers at once.
  return (body: unknown, meta: RequestMeta) => {
    const context = contextOf();
    const value = input.assert(body, `the input of ${title}`);
    let result: unknown;
    try {
      result = definition.run(value as never, Object.assign(Object.create(context), { from: meta.from }));
    } catch (error) {
      return failed(error);
    }
    return isThenable(result) ? Promise.resolve(result).then(checked, failed) : checked(result);
  };
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
