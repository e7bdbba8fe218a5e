/**
 * What a control socket answers: methods of the catalogue with typed handlers, and an agent's own actions. Input is
 * checked against its schema before a handler sees it; an unknown method is refused with the names that come near.
 */
import { MeshError } from '../../core/errors.js';
import { nearest } from '../../core/nearest.js';
import { catalogue, type Input, type MethodName, type Output } from '../../protocol/catalogue.js';
import type { RequestMeta } from '../../protocol/frames/envelope.js';
import { compile } from '../../protocol/schema.js';
import type { IncomingRequest } from './incoming-request.js';

export type MethodHandlers = {
  readonly [M in MethodName]?: (
    input: Input<M>,
    meta: RequestMeta,
    request: IncomingRequest,
  ) => Output<M> | Promise<Output<M>>;
};

/** `request` tells whether somebody still waits, and has the stream, for an action that wants to know. */
export type Action = (input: unknown, meta: RequestMeta, request: IncomingRequest) => unknown;

export class MethodTable {
  readonly #actions = new Map<string, Action>();

  /** Methods of the catalogue; each at most once. */
  serve(handlers: MethodHandlers): this {
    for (const name of Object.keys(handlers) as MethodName[]) this.#serveOne(name, handlers[name]);
    return this;
  }

  /** An action outside the catalogue: it validates for itself. @throws CONFLICT when the name is taken */
  add(name: string, action: Action): this {
    if (this.#actions.has(name)) throw new MeshError('CONFLICT', `the method ${name} is defined twice`);
    this.#actions.set(name, action);
    return this;
  }

  /** @throws UNKNOWN_METHOD, INVALID_INPUT, and whatever the handler throws */
  handle = (request: IncomingRequest): unknown => {
    const action = this.#actions.get(request.method);
    if (action === undefined) throw this.#unknown(request.method);
    return action(request.body, request.meta, request);
  };

  #serveOne<M extends MethodName>(name: M, handler: MethodHandlers[M]): void {
    if (handler === undefined) return;
    const input = compile<Input<M>>(catalogue[name].input);
    this.add(name, (body, meta, request) => handler(input.assert(body, `the input of ${name}`), meta, request));
  }

  #unknown(method: string): MeshError {
    const near = nearest(method, [...this.#actions.keys()]);
    return new MeshError('UNKNOWN_METHOD', `there is no method "${method}" here`, {
      hint: near === undefined ? `there are: ${[...this.#actions.keys()].join(', ')}` : `did you mean ${near}?`,
    });
  }
}
