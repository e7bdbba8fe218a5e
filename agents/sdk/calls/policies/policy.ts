/**
 * Where the caller's side learns how calls of an action are to be treated. It asks once per target and revision, and never
 * per call: a call without a policy takes the plain path.
 *
 * Of a policy the router obeys timeoutMs, attemptTimeoutMs, retries, idempotent, retryBudget, breaker, strategy and
 * localityWeight; bulkhead and fallback stand around it.
 */
import type { CallPolicy } from '../../../../common/protocol/call-policy.js';

export interface PolicySource {
  /** Another one whenever an answer may have changed. */
  readonly revision: string;
  /** What holds for an action; `service` is undefined for a call to whoever has a capability. */
  policyOf(service: string | undefined, action: string): CallPolicy | undefined;
}
