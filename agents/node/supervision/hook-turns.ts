/** Which hook belongs to which step of an agent's life. `onStart` and `onDrain` come before theirs, and are not here. */
import type { HookName } from '../../../common/config/agents/agent-specs.js';
import { isAlive } from '../processes/agent-lifecycle.js';
import type { Step } from '../processes/supervision.js';

/** onReady: it serves for the first time · onError: it ended, and was not meant to · onStop: it ended, and was */
export function hookOf({ from, to, event }: Pick<Step, 'from' | 'to' | 'event'>): HookName | undefined {
  if (event === 'serve') return from === 'starting' ? 'onReady' : undefined;
  if (!isAlive(from) || isAlive(to)) return undefined;
  return event === 'end' || event === 'complete' ? 'onStop' : 'onError';
}
