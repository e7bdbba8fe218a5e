/**
 * What an agent's author writes: a name, actions with schemas, and what to do at the turns of its life. Types only, and the
 * checks that can be made before anything runs; `agent-runtime.ts` brings a definition to life.
 */
import { MeshError } from '../../common/core/errors.js';
import { limits } from '../../common/core/limits.js';
import type { AgentLog } from '../../common/log/log.js';
import { ACTION_PATTERN, NAME_PATTERN } from '../../common/protocol/name.js';
import type { Static, TObject, TSchema } from '../../common/protocol/type.js';
import type { Mesh } from './mesh.js';

/** What an agent gets to work with. */
export interface AgentContext<Config = unknown> extends Mesh {
  readonly agent: string;
  /** `agent@machine` */
  readonly instance: string;
  readonly epoch: number;
  /** The agent's part of the configuration, checked against its schema. */
  readonly config: Config;
  readonly log: AgentLog;
  /** Aborted when the agent is to stop: end loops and open requests with it. */
  readonly signal: AbortSignal;
  /** The fleet's folder: relative paths in the configuration begin here. */
  readonly home: string;
}

export interface ActionContext<Config = unknown> extends AgentContext<Config> {
  /** Who asks, as it says; undefined for a client that does not say. */
  readonly from: string | undefined;
  /**
   * Aborted when nobody waits for this call any more: it was cancelled, its caller has gone, its time is over, or the agent
   * is stopping. Made when it is looked at; an action that never does costs nothing.
   */
  readonly signal: AbortSignal;
  /** W3C `traceparent` of the call, when its caller sent one; `call` passes it on, and what is emitted or reported here bears its id. */
  readonly trace: string | undefined;
  /** What the caller of a stream sends while it runs; ends when the call does. Empty for a plain call. */
  readonly inbox: AsyncIterable<unknown>;
  /** Time that the caller still waits, never below 0; Infinity when it did not say. */
  remainingMs(): number;
}

/** An action as whoever runs it sees it: its schemas have vouched for the types before `run` is called. */
export interface ActionDefinition {
  readonly description?: string;
  /** Default: an empty object. */
  readonly input?: TSchema;
  /** Checked too when given: a caller gets what the schema says or an error. */
  readonly output?: TSchema;
  /** Checked for each value that a generator yields, when given. */
  readonly items?: TSchema;
  /** Calls that run at once; the others wait by priority. Default: no bound, and no queue. */
  readonly concurrency?: number;
  /** Calls that wait; one more is refused with OVERLOADED. Default `limits.actionQueueMax`. Needs `concurrency`. */
  readonly queueMax?: number;
  /** A call that waited longer is refused with OVERLOADED. Default: until its deadline. Needs `concurrency`. */
  readonly queueAgeMsMax?: number;
  /** Running it twice does what running it once does: a caller may then repeat a call that may have run. */
  readonly idempotent?: boolean;
  /**
   * Answers a value, a promise of one, or is an async generator: what it yields are items of a stream, what it returns is
   * the result.
   */
  run(input: never, context: ActionContext<never>): unknown;
}

/** An agent as whoever runs it sees it. */
export interface AgentDefinition {
  readonly name: string;
  readonly version?: string;
  readonly description?: string;
  /** What it can do, for `registry find --capability`. */
  readonly capabilities?: readonly string[];
  /** Schema of its part of the configuration. Default: an empty object. */
  readonly config?: TSchema;
  readonly actions?: Readonly<Record<string, ActionDefinition>>;
  /** Before it is ready; a throw ends the process with what was thrown on the error bus. */
  onStart?(context: AgentContext<never>): unknown;
  /** Others know that it is ready. A failure is reported, and the agent goes on. */
  onReady?(context: AgentContext<never>): unknown;
  /**
   * It is to end: its node was told, new calls are refused, those in hand go on until this has returned. At most
   * `limits.closeTimeoutMs` of the grace time is waited for it.
   */
  onDrain?(context: AgentContext<never>): unknown;
  /** After the last call was answered, within the grace time. */
  onStop?(context: AgentContext<never>): unknown;
  /**
   * Something that the author did not catch: an action or the handler of an event threw, a hook failed, or an uncaught error
   * ends the process, which then waits for nothing asynchronous. It is logged or reported whether this is there or not;
   * what this throws is logged.
   */
  onError?(error: unknown, context: AgentContext<never>): unknown;
}

/** The same, as its author writes it: the schemas give `run` and the hooks their types. */
interface TypedAgent<C extends TSchema, Inputs> extends AgentDefinition {
  readonly config?: C;
  readonly actions?: { readonly [K in keyof Inputs]: TypedAction<Static<C>, Inputs[K]> };
  onStart?(context: AgentContext<Static<C>>): unknown;
  onReady?(context: AgentContext<Static<C>>): unknown;
  onDrain?(context: AgentContext<Static<C>>): unknown;
  onStop?(context: AgentContext<Static<C>>): unknown;
  onError?(error: unknown, context: AgentContext<Static<C>>): unknown;
}

interface TypedAction<Config, I> extends ActionDefinition {
  readonly input?: I & TSchema;
  run(input: InputOf<I>, context: ActionContext<Config>): unknown;
}

type Nothing = Record<string, never>;
/** Where an action has no input schema the compiler infers `unknown` for it. */
type InputOf<I> = unknown extends I ? Nothing : I extends TSchema ? Static<I> : never;

/**
 * Checks a definition; in `run` and the hooks input and configuration have the types of their schemas.
 * @throws MeshError CONFIG_INVALID naming what is wrong
 */
export function defineAgent<C extends TSchema = TObject<Record<never, never>>, Inputs = Nothing>(
  definition: TypedAgent<C, Inputs>,
): AgentDefinition {
  const { name, capabilities = [], actions = {} } = definition;
  assertName('agent', name, NAME_PATTERN);
  for (const capability of capabilities) assertName(`capability of ${name}`, capability, NAME_PATTERN);
  for (const action of Object.keys(actions)) assertName(`action of ${name}`, action, ACTION_PATTERN);
  if (Object.keys(actions).length > limits.actionsPerAgentMax) {
    throw new MeshError('CONFIG_INVALID', `${name} has more than ${limits.actionsPerAgentMax} actions`);
  }
  for (const [action, bounds] of Object.entries<ActionDefinition>(actions)) assertBounds(`${name}.${action}`, bounds);
  return definition;
}

function assertBounds(title: string, { concurrency, queueMax, queueAgeMsMax }: ActionDefinition): void {
  const bounds = [
    ['concurrency', concurrency, 1],
    ['queueMax', queueMax, 0],
    ['queueAgeMsMax', queueAgeMsMax, 1],
  ] as const;
  for (const [bound, value, least] of bounds) {
    if (value === undefined) continue;
    if (!Number.isInteger(value) || value < least)
      throw new MeshError('CONFIG_INVALID', `the ${bound} of ${title} is ${value}`, {
        hint: `use a whole number from ${least}`,
      });
    if (concurrency === undefined)
      throw new MeshError('CONFIG_INVALID', `${title} has a ${bound} and nothing to wait for`, {
        hint: 'say with "concurrency" how many of its calls may run at once',
      });
  }
}

function assertName(what: string, name: string, pattern: string): void {
  if (new RegExp(pattern).test(name) && name.length <= limits.nameLengthMax) return;
  throw new MeshError('CONFIG_INVALID', `"${name}" cannot be the name of an ${what}`, {
    hint: `use up to ${limits.nameLengthMax} characters matching ${pattern}`,
  });
}
