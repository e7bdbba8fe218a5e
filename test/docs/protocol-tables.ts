/** The generated part of docs/PROTOCOL.md: the error table, and every method of the catalogue with its fields. Pure. */
import { errorTable } from '../../common/core/errors.js';
import { catalogue, type MethodName } from '../../common/protocol/catalogue.js';
import type { Server } from '../../common/protocol/message-parts.js';

/** What of JSON Schema the catalogue uses. */
interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema | readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly bytes?: number;
  readonly description?: string;
}

const SERVERS: Readonly<Record<Server, string>> = {
  every: 'every control socket',
  agent: 'every agent',
  node: 'the node',
  broker: 'the broker of each machine',
  registry: 'the registry',
  log: 'the log',
};

export function protocolTables(): string {
  const names = Object.keys(catalogue) as MethodName[];
  return ['### Errors', '', ...errorRows(), '', '### Methods', '', ...names.flatMap(methodSection)]
    .join('\n')
    .trimEnd();
}

function errorRows(): string[] {
  const rows = Object.entries(errorTable).map(
    ([code, { retryable, sentence }]) => `| \`${code}\` | ${sentence} | ${retryable ? 'yes' : ''} |`,
  );
  return ['| code | meaning | may be repeated |', '|---|---|---|', ...rows];
}

function methodSection(name: MethodName): string[] {
  const { servers, summary, input, output } = catalogue[name];
  const who = (servers as readonly Server[]).map((server) => SERVERS[server]).join(', ');
  return [
    `#### \`${name}\``,
    '',
    `Answered by ${who}. ${summary}`,
    '',
    ...fieldTable('asks', input as Schema),
    ...fieldTable('answer', output as Schema),
  ];
}

function fieldTable(title: string, schema: Schema): string[] {
  const fields = Object.entries(schema.properties ?? {});
  if (fields.length === 0) return [`${title}: \`{}\``, ''];
  const rows = fields.map(([field, value]) => {
    const optional = schema.required?.includes(field) === true ? '' : ' (optional)';
    return `| \`${field}\`${optional} | ${typeOf(value)} | ${value.description ?? ''} |`;
  });
  return [`| ${title} | type | |`, '|---|---|---|', ...rows, ''];
}

/** One type in words: `text ≤ 64`, `whole number ≥ 1`, `list ≤ 128 of text`. */
function typeOf(schema: Schema): string {
  if (schema.bytes !== undefined) return `binary ≤ ${schema.bytes}`;
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (schema.anyOf !== undefined) return schema.anyOf.map(typeOf).join(' or ');
  switch (schema.type) {
    case 'string':
      return `text${bounds(schema.minLength, schema.maxLength)}`;
    case 'integer':
      return `whole number${bounds(schema.minimum, schema.maximum === Number.MAX_SAFE_INTEGER ? undefined : schema.maximum)}`;
    case 'number':
      return `number${bounds(schema.minimum, schema.maximum)}`;
    case 'boolean':
    case 'null':
      return schema.type === 'null' ? 'nil' : 'true or false';
    case 'array':
      return arrayType(schema);
    case 'object':
      return objectType(schema);
    default:
      return 'any value';
  }
}

function arrayType({ items, minItems, maxItems }: Schema): string {
  if (Array.isArray(items)) return `\`[\` ${items.map(typeOf).join(' · ')} \`]\``;
  return `list${bounds(minItems, maxItems)} of ${items === undefined ? 'any value' : typeOf(items as Schema)}`;
}

function objectType({ properties, required, patternProperties }: Schema): string {
  if (patternProperties !== undefined)
    return `map of text to ${Object.values(patternProperties).map(typeOf).join(' or ')}`;
  const keys = Object.keys(properties ?? {}).map((key) => (required?.includes(key) === true ? key : `${key}?`));
  return keys.length === 0 ? 'map' : `map {${keys.join(', ')}}`;
}

function bounds(min: number | undefined, max: number | undefined): string {
  if (min !== undefined && max !== undefined && min > 0) return ` ${min}–${max}`;
  if (max !== undefined) return ` ≤ ${max}`;
  return min !== undefined && min > 0 ? ` ≥ ${min}` : '';
}
