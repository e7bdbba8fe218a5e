/** What a node's control socket answers about its configuration. */
import type { MethodHandlers } from '../../../common/wire/answering/method-table.js';
import type { Reloader } from './reloader.js';

export const reloadMethods = (reloader: Reloader): MethodHandlers => ({
  'node.reload': ({ dryRun = false }) => reloader.reload(dryRun),
  'node.rollout': () => reloader.progress(),
});
