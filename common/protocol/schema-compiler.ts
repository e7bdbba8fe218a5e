/**
 * The compiler of schemas: the only importer of ajv on the wire. Its settings close what is known to hurt: strict mode, the
 * first error only, own properties only.
 *
 * Promises: nothing of ajv is loaded before `openCompiler` is called. Its seventy files take as long as all else that an agent does to become ready, and a quarter of an agent's memory.
 */
import { createRequire } from 'node:module';
import type { Ajv } from 'ajv';

/** Slow: once a process. */
export function openCompiler(): Ajv {
  // Not `import()`: whoever checks a value waits for no promise.
  const { Ajv, str } = createRequire(import.meta.url)('ajv') as typeof import('ajv');
  const ajv = new Ajv({
    strict: true,
    // What is compiled is a schema: strict mode and the compiler itself refuse what is none, keyword by keyword. Ajv would
    // first compile the schema of schemas, which takes longer than all that a node has to compile.
    meta: false,
    validateSchema: false,
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
  return ajv;
}

function characterCount(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}
