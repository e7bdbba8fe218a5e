/**
 * Schemas to validators. Schemas are ours or our agents' own, compiled once, never taken from a peer.
 *
 * Compiled when they are used first, and not before: the compiler is a quarter of the start-up time and of the memory of an
 * agent, and most of an agent's schemas are never asked for. What takes nothing needs no compiler at all.
 */
import type { ErrorObject } from 'ajv';
import { MeshError, messageOf } from '../core/errors.js';
import { openCompiler } from './schema-compiler.js';
import type { TSchema } from './type.js';
import { Type } from './type.js';

/** Binary data of at most `bytesMax` bytes. */
export const Bytes = (bytesMax: number) => Type.Unsafe<Uint8Array>({ bytes: bytesMax });

export interface Validator<T> {
  accepts(value: unknown): value is T;
  /** The value itself, with defaults filled in. @throws MeshError with `code`; `what` begins the sentence. */
  assert(value: unknown, what: string, code?: 'INVALID_INPUT' | 'INVALID_OUTPUT' | 'CONFIG_INVALID'): T;
}

/** What is wrong with a value; undefined when nothing is. */
type Check = (value: unknown) => ErrorObject | undefined;

let compiler: ReturnType<typeof openCompiler> | undefined;

/** A validator that is compiled when it is used first. A schema that is itself wrong shows then, as INTERNAL. */
export function compile<T>(schema: TSchema): Validator<T> {
  let check: Check | undefined;
  const faultOf: Check = (value) => {
    check ??= isNothing(schema) ? faultOfNothing : checkOf(schema);
    return check(value);
  };
  return {
    accepts: (value): value is T => faultOf(value) === undefined,
    assert(value, what, code = 'INVALID_INPUT') {
      const fault = faultOf(value);
      if (fault === undefined) return value as T;
      throw new MeshError(code, `${what} is not valid: ${sentenceOf(fault)}`, {
        details: { path: cut(fault.instancePath) || '/', rule: fault.keyword },
      });
    },
  };
}

function checkOf(schema: TSchema): Check {
  compiler ??= openCompiler();
  try {
    const validate = compiler.compile(schema);
    return (value) => (validate(value) ? undefined : (validate.errors?.[0] ?? UNKNOWN_FAULT));
  } catch (error) {
    throw new MeshError('INTERNAL', `a schema is wrong: ${messageOf(error)}`, {
      cause: error,
      hint: `mend it: ${cut(JSON.stringify(schema))}`,
    });
  }
}

/** The input of most methods, and all that an agent without actions is ever asked. */
const isNothing = (schema: TSchema): boolean => JSON.stringify(schema) === JSON.stringify(NOTHING);
const NOTHING = Type.Object({}, { additionalProperties: false });

const faultOfNothing: Check = (value) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { ...UNKNOWN_FAULT, keyword: 'type', message: 'must be object' };
  }
  const [additionalProperty] = Object.keys(value);
  if (additionalProperty === undefined) return undefined;
  return { ...UNKNOWN_FAULT, keyword: 'additionalProperties', params: { additionalProperty } };
};

const UNKNOWN_FAULT: ErrorObject = {
  keyword: 'unknown',
  instancePath: '',
  schemaPath: '',
  params: {},
  message: 'is refused for an unknown reason',
};

/** One ajv error as a person would say it. */
export function sentenceOf(error: ErrorObject): string {
  const where = error.instancePath === '' ? 'it' : cut(error.instancePath);
  switch (error.keyword) {
    case 'additionalProperties':
      return `${where} has an unknown key "${cut(String(error.params['additionalProperty']))}"`;
    case 'required':
      return `${where} lacks "${String(error.params['missingProperty'])}"`;
    case 'enum':
      return `${where} must be one of ${(error.params['allowedValues'] as unknown[]).map(String).join(', ')}`;
    case 'bytes':
      return `${where} must be binary data of at most ${String(error.schema)} bytes`;
    default:
      return `${where} ${error.message ?? error.keyword}`;
  }
}

/** A peer's own words in an answer: enough to recognise them. */
const cut = (text: string): string => (text.length > 200 ? `${text.slice(0, 200)}…` : text);
