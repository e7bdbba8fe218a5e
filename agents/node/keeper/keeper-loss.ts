/** Whether the keeper that started this node is still there. Pure. */
import { KEEPER_VARIABLE } from '../../../common/core/process-scan.js';

/** The sentence for `mesh status`, or none: also where somebody else than a keeper of ours started the node. */
export function keeperLoss(env: NodeJS.ProcessEnv, parentPid: number, machine: string): string[] {
  const keeper = env[KEEPER_VARIABLE];
  // A child whose parent ended is given to another one.
  if (keeper === undefined || keeper === '' || Number(keeper) === parentPid) return [];
  const way = `"mesh down ${machine}" and "mesh up ${machine}" bring a new one`;
  return [`the keeper of this node (process ${keeper}) is gone: nobody starts the node again if it dies; ${way}`];
}
