/** Names of machines, agents and actions, and the two references built from them: `agent@machine`, `agent.action`. */
import { MeshError } from '../core/errors.js';
import { limits } from '../core/limits.js';

/** Lower-case, so that a name reads the same in a topic, a file name and a shell. */
export const NAME_PATTERN = '^[a-z][a-z0-9-]*$';
/** Actions are identifiers: they become keys of an object and parts of a path. */
export const ACTION_PATTERN = '^[A-Za-z][A-Za-z0-9_-]*$';

/** One instance of an agent: `echo@pc2`. */
export const instanceOf = (agent: string, machine: string): string => `${agent}@${machine}`;

/** Whom a call is for: what is undefined does not matter. At least one of service and capability is there. */
export interface CallTarget {
  readonly service: string | undefined;
  readonly capability: string | undefined;
  /** A semver range; whether it is one shows where it is compared. */
  readonly version: string | undefined;
  readonly machine: string | undefined;
  readonly action: string;
}

/** A range begins with a sign that no machine's name begins with, so one `@` serves both. */
const CALL_TARGET =
  /^([a-z][a-z0-9-]*)(?:@(?:([a-z][a-z0-9-]*)|([0-9^~<>=*][0-9A-Za-z.^~<>=*+| -]*)))?\.([A-Za-z][A-Za-z0-9_-]*)$/;

/** `echo.say`, `echo@pc2.say`, `echo@^2.say`. @throws MeshError INVALID_INPUT */
export function parseCallTarget(text: string): CallTarget {
  const match = text.length <= CALL_TARGET_LENGTH_MAX ? CALL_TARGET.exec(text) : null;
  const [, service, machine, version, action] = match ?? [];
  if (service === undefined || action === undefined) {
    throw new MeshError('INVALID_INPUT', `"${text.slice(0, 200)}" does not name an action`, {
      hint: 'write SERVICE.ACTION, SERVICE@MACHINE.ACTION or SERVICE@RANGE.ACTION, as in echo.say, echo@pc2.say or echo@^2.say',
    });
  }
  return { service, capability: undefined, version, machine, action };
}

/** Service, range or machine, and action, each as long as a name may be. */
const CALL_TARGET_LENGTH_MAX = 3 * limits.nameLengthMax;
const NAME = new RegExp(NAME_PATTERN);
const ACTION = new RegExp(ACTION_PATTERN);

/** The same of a target whose parts were given one by one. @throws MeshError INVALID_INPUT naming the part */
export function checkCallTarget({ service, capability, version, machine, action }: Partial<CallTarget>): CallTarget {
  for (const [part, name] of Object.entries({ service, capability, machine })) {
    if (name !== undefined && !isNamed(name, NAME)) throw badPart(part, name);
  }
  if (action === undefined || !isNamed(action, ACTION)) throw badPart('action', action);
  if (version !== undefined && !(typeof version === 'string' && version.length <= limits.nameLengthMax))
    throw badPart('version', version);
  if (service === undefined && capability === undefined) {
    throw new MeshError('INVALID_INPUT', `a call of ${action} names neither a service nor a capability`, {
      hint: "write {service: 'echo', action: 'say'} or {capability: 'translate', action: 'run'}",
    });
  }
  return { service, capability, version, machine, action };
}

const isNamed = (name: unknown, pattern: RegExp): boolean =>
  typeof name === 'string' && name.length <= limits.nameLengthMax && pattern.test(name);

const badPart = (part: string, value: unknown): MeshError =>
  new MeshError('INVALID_INPUT', `${JSON.stringify(value)?.slice(0, 200)} cannot be the ${part} of a call`);
