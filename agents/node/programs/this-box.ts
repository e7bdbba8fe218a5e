/** The box that this process is on, as the check of a configuration sees it. */
import { getPriority } from 'node:os';
import type { Box } from '../../../common/config/agents/box.js';
import { accountNamed } from './child-process.js';

export const thisBox = (env: NodeJS.ProcessEnv, starter: Box['starter']): Box => ({
  path: env['PATH'] ?? DEFAULT_PATH,
  starter,
  uidOf: (user) => {
    try {
      return accountNamed(user).uid;
    } catch {
      return undefined;
    }
  },
});

/** Who starts the agents when this process does. */
export const ownStarter = (): Box['starter'] => ({ uid: process.getuid?.() ?? 0, nice: getPriority() });

/** Where programs are looked for when nobody says it. */
const DEFAULT_PATH = '/bin:/usr/bin';
