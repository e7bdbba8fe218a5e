/** What a call gets when every instance that could take it is left alone for now. */
import { MeshError } from '../../../../common/core/errors.js';
import type { Standing } from '../choice/standing.js';

export function circuitOpen(name: string, standings: readonly Standing[], nowMs: number): MeshError {
  const waits = standings.map(({ breaker }) => Math.max(0, Math.ceil(breaker.tryAtMs - nowMs)));
  const retryAfterMs = Math.min(...waits);
  const who = standings.map(({ instance }) => instance).join(', ');
  return new MeshError('CIRCUIT_OPEN', `${name} was not called: ${who} failed too often just now`, {
    hint: `one call tries again in ${retryAfterMs} ms`,
    details: { retryAfterMs, instances: standings.map(({ instance }) => instance) },
  });
}
