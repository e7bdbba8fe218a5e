/**
 * Schemas to validators: the only importer of ajv on the wire. Schemas are ours or our agents' own, compiled once,
 * never taken from a peer. The settings close what is known to hurt: strict mode, the first error only, own properties only.
 */
import { Ajv, type ErrorObject, str, type ValidateFunction } from 'ajv';
import type { TSchema } from 'typebox';
import { Type } from 'typebox';
import { MeshError } from '../core/errors.js';

const ajv = new Ajv({
  strict: true,
  allErrors: false,
  ownProperties: true,
  $data: false,
  useDefaults: true,
  allowUnionTypes: true,
});
/** `bytes: N`: binary data of at most N bytes, which JSON Schema has no word for. */
ajv.addKeyword({
  keyword: 'bytes',
  schemaType: 'number',
  errors: false,
  validate: (bytesMax: number, data: unknown) => data instanceof Uint8Array && data.byteLength <= bytesMax,
});
// Lengths are counted in characters, as JSON Schema wants it. Ajv's own keywords walk every string to its end for that,
// which cost more than all else of a validation; a string of N units has from N / 2 to N characters, so few need the walk.
ajv.removeKeyword('maxLength').removeKeyword('minLength');
ajv.addKeyword({
  keyword: 'maxLength',
  type: 'string',
  schemaType: 'number',
  error: { message: ({ schemaCode }) => str`must NOT have more than ${schemaCode} characters` },
  validate: (max: number, text: string) => text.length <= max || characterCount(text) <= max,
});
ajv.addKeyword({
  keyword: 'minLength',
  type: 'string',
  schemaType: 'number',
  error: { message: ({ schemaCode }) => str`must NOT have fewer than ${schemaCode} characters` },
  validate: (min: number, text: string) => text.length >= 2 * min || characterCount(text) >= min,
});

function characterCount(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** Binary data of at most `bytesMax` bytes. */
export const Bytes = (bytesMax: number) => Type.Unsafe<Uint8Array>({ bytes: bytesMax });

export interface Validator<T> {
  accepts(value: unknown): value is T;
  /** The value itself, with defaults filled in. @throws MeshError with `code`; `what` begins the sentence. */
  assert(value: unknown, what: string, code?: 'INVALID_INPUT' | 'INVALID_OUTPUT' | 'CONFIG_INVALID'): T;
}

/** @throws Error when the schema itself is wrong: a mistake of its author, found when the agent starts. */
export function compile<T>(schema: TSchema): Validator<T> {
  const validate: ValidateFunction<T> = ajv.compile<T>(schema);
  return {
    accepts: (value): value is T => validate(value),
    assert(value, what, code = 'INVALID_INPUT') {
      if (validate(value)) return value;
      const [error] = validate.errors ?? [];
      throw new MeshError(code, `${what} is not valid: ${error ? sentenceOf(error) : 'unknown reason'}`, {
        ...(error ? { details: { path: cut(error.instancePath) || '/', rule: error.keyword } } : {}),
      });
    },
  };
}

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
