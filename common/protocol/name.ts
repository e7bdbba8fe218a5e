/** Names of machines, agents and actions, and the two references built from them: `agent@machine`, `agent.action`. */
import { MeshError } from '../core/errors.js';
import { limits } from '../core/limits.js';

/** Lower-case, so that a name reads the same in a topic, a file name and a shell. */
export const NAME_PATTERN = '^[a-z][a-z0-9-]*$';
/** Actions are identifiers: they become keys of an object and parts of a path. */
export const ACTION_PATTERN = '^[A-Za-z][A-Za-z0-9_-]*$';

/** One instance of an agent: `echo@pc2`. */
export const instanceOf = (agent: string, machine: string): string => `${agent}@${machine}`;

/** What a caller names: a service and an action, on any machine or on one. */
export interface CallTarget {
  readonly agent: string;
  readonly machine: string | undefined;
  readonly action: string;
}

const CALL_TARGET = /^([a-z][a-z0-9-]*)(?:@([a-z][a-z0-9-]*))?\.([A-Za-z][A-Za-z0-9_-]*)$/;

/** `echo.say` or `echo@pc2.say`. @throws MeshError INVALID_INPUT */
export function parseCallTarget(text: string): CallTarget {
  const match = text.length <= 3 * limits.nameLengthMax ? CALL_TARGET.exec(text) : null;
  const [, agent, machine, action] = match ?? [];
  if (agent === undefined || action === undefined) {
    throw new MeshError('INVALID_INPUT', `"${text.slice(0, 200)}" does not name an action`, {
      hint: 'write SERVICE.ACTION or SERVICE@MACHINE.ACTION, as in echo.say or echo@pc2.say',
    });
  }
  return { agent, machine, action };
}
