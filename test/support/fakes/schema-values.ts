/**
 * Values made from schemas: a valid one, and for each place in it the ways to break it. What a schema of the catalogue
 * can say, this can make; a new pattern needs a sample here, which is the moment to ask whether it can backtrack.
 */
import type { TSchema } from 'typebox';
import { MeshError } from '../../../common/core/errors.js';

/** What stands in a schema of ours, as the plain JSON Schema that it is. */
export interface PlainSchema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, PlainSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean;
  readonly patternProperties?: Readonly<Record<string, PlainSchema>>;
  readonly maxProperties?: number;
  readonly items?: PlainSchema | readonly PlainSchema[];
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly anyOf?: readonly PlainSchema[];
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly bytes?: number;
  readonly description?: string;
}

export const plainSchema = (schema: TSchema): PlainSchema => schema;

/** Every pattern of the catalogue, with a text that fits. Each token is told from the next by its first character. */
export const patternSamples: Readonly<Record<string, string>> = {
  '^[a-z][a-z0-9-]*$': 'echo',
  '^[A-Za-z][A-Za-z0-9_-]*$': 'say',
  '^[0-9a-z]{20}$': '0123456789abcdefghjk',
  '^[a-z][a-z0-9-]*(?:\\.[a-z0-9-]+){0,7}$': 'errors',
  '^[0-9a-z][0-9a-z-]{3,18}$': 's2-00ff',
  '^[a-z*>][a-z0-9.*>-]*$': 'metrics.>',
  '^[a-z0-9*-]+$': 'log-*',
  '^[0-9a-f]{64}$': '0123456789abcdef'.repeat(4),
  '^[0-9a-f]{32}$': '0123456789abcdef0123456789abcdef',
  '^[0-9a-f]{64}/[1-9][0-9]{0,14}$': `${'0123456789abcdef'.repeat(4)}/300000`,
  '^[A-Za-z0-9_*-]+$': 'vision*',
};

/** The smallest value that fits, with every optional field when `full`. */
export function sampleOf(schema: PlainSchema, full: boolean): unknown {
  if (schema.enum !== undefined) return schema.enum[0];
  if (schema.anyOf !== undefined) return sampleOf(schema.anyOf[0] ?? {}, full);
  if (schema.bytes !== undefined) return Buffer.alloc(Math.min(schema.bytes, 32), 7);
  switch (schema.type) {
    case undefined:
      return 'anything';
    case 'object':
      return sampleObject(schema, full);
    case 'array':
      return Array.isArray(schema.items)
        ? schema.items.map((item: PlainSchema) => sampleOf(item, full))
        : Array.from({ length: schema.minItems ?? (full ? 1 : 0) }, () => sampleOf(schema.items as PlainSchema, full));
    case 'string':
      return schema.pattern === undefined ? 'x'.repeat(schema.minLength ?? 0) : patternSample(schema.pattern);
    case 'integer':
    case 'number':
      return schema.minimum ?? 0;
    case 'boolean':
      return true;
    case 'null':
      return null;
    default:
      throw new MeshError('INTERNAL', `no sample for a schema of type ${schema.type}`);
  }
}

function sampleObject(schema: PlainSchema, full: boolean): Record<string, unknown> {
  const wanted = Object.entries(schema.properties ?? {}).filter(([key]) => full || schema.required?.includes(key));
  const known = wanted.map(([key, value]) => [key, sampleOf(value, full)]);
  const [free] = Object.values(schema.patternProperties ?? {});
  return Object.fromEntries(full && free !== undefined ? [...known, ['key', sampleOf(free, full)]] : known);
}

function patternSample(pattern: string): string {
  const sample = patternSamples[pattern];
  if (sample === undefined) throw new MeshError('INTERNAL', `no sample for the pattern ${pattern}`);
  return sample;
}

/** Every schema within a schema, with its path. */
export function* partsOf(schema: PlainSchema, path = ''): Generator<readonly [string, PlainSchema]> {
  yield [path, schema];
  for (const [key, part] of Object.entries(schema.properties ?? {})) yield* partsOf(part, `${path}/${key}`);
  for (const part of Object.values(schema.patternProperties ?? {})) yield* partsOf(part, `${path}/*`);
  for (const part of schema.anyOf ?? []) yield* partsOf(part, path);
  const items = schema.items === undefined ? [] : [schema.items].flat();
  for (const [n, part] of items.entries()) yield* partsOf(part, `${path}/${n}`);
}

/** Values that do not fit, each with what is wrong with it. */
export function* misfitsOf(schema: PlainSchema): Generator<readonly [string, unknown]> {
  const sample = sampleOf(schema, true);
  yield* wrongTypes(schema);
  if (schema.type === 'object') yield* wrongObjects(schema, sample as Record<string, unknown>);
  if (schema.type === 'array') yield* wrongArrays(schema, sample as unknown[]);
  if (schema.type === 'string') {
    if (schema.maxLength !== undefined) yield ['one letter too many', 'a'.repeat(schema.maxLength + 1)];
    if (schema.maxLength !== undefined) yield ['a megabyte of text', 'a'.repeat(1_000_000)];
    if (schema.pattern !== undefined) yield ['a text beside its pattern', '!'];
    if (schema.pattern !== undefined && schema.maxLength !== undefined)
      yield ['a text that nearly fits its pattern', `${'a'.repeat(schema.maxLength - 1)}!`];
    if (schema.minLength !== undefined) yield ['an empty text', ''];
  }
  if (schema.minimum !== undefined) yield ['a number below', schema.minimum - 1];
  if (schema.maximum !== undefined) yield ['a number above', schema.maximum * 2];
  if (schema.type === 'integer') yield ['a fraction', (schema.minimum ?? 0) + 0.5];
  if (schema.bytes !== undefined) yield ['one byte too many', Buffer.alloc(schema.bytes + 1)];
}

const oneOfEach: readonly unknown[] = [
  null,
  true,
  7,
  -0.5,
  Number.NaN,
  2n ** 60n,
  'text',
  [],
  {},
  Buffer.alloc(3),
  new Date(0),
];

function* wrongTypes(schema: PlainSchema): Generator<readonly [string, unknown]> {
  if (schema.type === undefined && schema.enum === undefined && schema.bytes === undefined) return;
  for (const value of oneOfEach) if (!mayFit(schema, value)) yield [`a value of another type (${shown(value)})`, value];
}

/** Whether the type allows it; whether the value does is another question. */
function mayFit(schema: PlainSchema, value: unknown): boolean {
  if (schema.bytes !== undefined) return value instanceof Uint8Array;
  if (schema.enum !== undefined) return schema.enum.includes(value);
  switch (schema.type) {
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'array':
      return Array.isArray(value);
    case 'integer':
    case 'number':
      return typeof value === 'number' && !Number.isNaN(value);
    case 'null':
      return value === null;
    default:
      return typeof value === schema.type;
  }
}

const shown = (value: unknown) => (typeof value === 'bigint' ? `${value}n` : (JSON.stringify(value) ?? 'undefined'));

function* wrongObjects(schema: PlainSchema, sample: Record<string, unknown>): Generator<readonly [string, unknown]> {
  if (schema.additionalProperties === false) {
    yield ['an unknown field', { ...sample, unknown: 1 }];
    yield ['an unknown field with a huge name', { ...sample, ['k'.repeat(1_000_000)]: 1 }];
    yield ['a field named constructor', { ...sample, constructor: 1 }];
  }
  for (const key of schema.required ?? []) {
    const { [key]: _, ...rest } = sample;
    yield [`no ${key}`, rest];
    yield [`${key} only through its prototype`, Object.assign(Object.create({ [key]: sample[key] }), rest)];
  }
  for (const [key, part] of Object.entries(schema.properties ?? {}))
    for (const [title, value] of misfitsOf(part)) yield [`${key}: ${title}`, { ...sample, [key]: value }];
  if (schema.maxProperties !== undefined)
    yield [
      'too many keys',
      Object.fromEntries(Array.from({ length: schema.maxProperties + 1 }, (_, n) => [`k${n}`, 1])),
    ];
}

function* wrongArrays(schema: PlainSchema, sample: readonly unknown[]): Generator<readonly [string, unknown]> {
  if (Array.isArray(schema.items)) {
    yield ['one element too many', [...sample, 1]];
    yield ['one element too few', sample.slice(1)];
    for (const [n, part] of (schema.items as readonly PlainSchema[]).entries())
      for (const [title, value] of misfitsOf(part)) yield [`element ${n}: ${title}`, sample.with(n, value)];
    return;
  }
  if (schema.maxItems !== undefined) yield ['too many elements', new Array(schema.maxItems + 1).fill(sample[0])];
  if (schema.maxItems !== undefined) yield ['100,000 bad elements', new Array(100_000).fill({ bad: 1 })];
  if (schema.minItems !== undefined && schema.minItems > 0) yield ['no elements', []];
  const item = schema.items as PlainSchema;
  if (item.anyOf !== undefined) return;
  for (const [title, value] of misfitsOf(item)) yield [`an element: ${title}`, [value]];
}
