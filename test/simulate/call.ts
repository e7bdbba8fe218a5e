/** A call of the simulation, and what is said of it between its caller and a callee. */
import type { MeshError } from '../../common/core/errors.js';

export interface SimCall {
  readonly id: number;
  readonly caller: number;
  readonly key: string | undefined;
  readonly priority: number;
  readonly deadlineMs: number;
  /** After that an attempt is given up, though the call has time left. */
  readonly attemptTimeoutMs: number | undefined;
}

/** One attempt on one connection. The answer is lost when that connection is not there any more. */
export interface SimRequest {
  readonly call: SimCall;
  readonly attempt: number;
  answer(error: MeshError | undefined): void;
}
